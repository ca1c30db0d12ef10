using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>A request body of one protocol into a request body of another.</summary>
internal static class RequestTranslation
{
    /// <summary>
    /// Reads <paramref name="body"/> with <paramref name="ingress"/> into <paramref name="request"/> (reset first), prepares it for
    /// <paramref name="target"/> and appends it in the protocol of <paramref name="egress"/> to <paramref name="output"/>. Null on success; otherwise
    /// what to tell the client. No shape of a body costs more than its <see cref="Allowance"/>; <paramref name="cancellation"/> ends the work.
    /// <paramref name="entries"/> are its values and names where it was scanned, 0 where it was not.
    /// </summary>
    public static GatewayError? Translate(
        ReadOnlyMemory<byte> body,
        JsonText pathModel,
        bool stream,
        Protocol ingress,
        Protocol egress,
        EgressTarget target,
        TranslationContext context,
        ChatRequest request,
        PooledBuffer output,
        CancellationToken cancellation = default,
        int entries = 0)
    {
        request.Reset();
        var allowance = new Allowance(body.Length, cancellation);
        request.Charge(allowance);
        request.Tape.Expect(body, entries);
        output.Allowance = allowance;
        try
        {
            return Carry(body, pathModel, stream, ingress, egress, target, context, request, output);
        }
        catch (AllowanceException exception)
        {
            return TooMany(exception);
        }
        finally
        {
            output.Allowance = null;
        }
    }

    /// <summary>What to tell a client whose request is beyond an allowance.</summary>
    public static GatewayError TooMany(AllowanceException exception) => new(ErrorKind.InvalidRequest, $"The request has {exception.Message}.");

    private static GatewayError? Carry(
        ReadOnlyMemory<byte> body,
        JsonText pathModel,
        bool stream,
        Protocol ingress,
        Protocol egress,
        EgressTarget target,
        TranslationContext context,
        ChatRequest request,
        PooledBuffer output)
    {
        if (ingress.ReadRequest(body, pathModel, stream, request) is { } unreadable)
        {
            return unreadable;
        }

        if (RequestAdapter.Prepare(request, ingress, egress, target, context) is { } refused)
        {
            return refused;
        }

        egress.WriteRequest(request, target, new JsonWriter(output), ref context.Losses);
        return null;
    }
}

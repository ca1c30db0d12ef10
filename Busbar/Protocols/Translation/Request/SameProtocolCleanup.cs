using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>The slow path of a same-protocol request whose body carries signatures this gateway wrapped for a client of another protocol.</summary>
internal static class SameProtocolCleanup
{
    /// <summary>
    /// Appends <paramref name="body"/>, without the thinking that <paramref name="target"/> cannot verify and with the signatures it issued
    /// itself, to <paramref name="output"/>. False, with nothing written, when the body needs no change or cannot be read: it then goes out as it
    /// is. Call only when some string of it begins with <see cref="SignatureEnvelope.Marker"/>.
    /// </summary>
    public static bool TryRewrite(
        ReadOnlyMemory<byte> body,
        JsonText pathModel,
        bool stream,
        Protocol protocol,
        EgressTarget target,
        TranslationContext context,
        ChatRequest request,
        PooledBuffer output)
    {
        request.Reset();
        request.Charge(new Allowance(body.Length, CancellationToken.None));
        if (protocol.ReadRequest(body, pathModel, stream, request) is not null
            || !(SignatureRule.RestoreWrapped(request, context) | SummaryRule.Unwrap(request)))
        {
            return false;
        }

        TurnNormaliser.DropEmptyTurns(request, protocol.Id);
        protocol.WriteRequest(request, target, new JsonWriter(output), ref context.Losses);
        return true;
    }
}

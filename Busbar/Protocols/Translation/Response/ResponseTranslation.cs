using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Response;

/// <summary>A whole answer of one dialect into a whole answer of another.</summary>
internal static class ResponseTranslation
{
    /// <summary>
    /// Reads <paramref name="body"/> into <paramref name="scratch"/> (reset first) and appends it in the client's dialect to
    /// <paramref name="output"/>. False when the body is no answer of the provider's dialect. An answer that reports a failure
    /// (<see cref="ChatResponse.Failure"/>) is read but not written: the caller decides what to do with it.
    /// </summary>
    public static bool Translate(
        ReadOnlyMemory<byte> body,
        Protocol egress,
        Protocol ingress,
        TranslationContext context,
        in ResponseIdentity identity,
        ChatResponse scratch,
        PooledBuffer output)
    {
        try
        {
            if (!TryRead(body, egress, scratch))
            {
                return false;
            }

            if (scratch.Failure is null)
            {
                output.Allowance = scratch.Arena.Allowance;
                ResponseSeam.Prepare(scratch, context);
            }

            if (scratch.Failure is null)
            {
                ingress.WriteResponse(scratch, identity, new JsonWriter(output), ref context.Losses);
            }

            return true;
        }
        catch (AllowanceException)
        {
            return false;
        }
        finally
        {
            output.Allowance = null;
        }
    }

    /// <summary>Reads <paramref name="body"/> into <paramref name="response"/> (reset first). False when it is no answer of the dialect, or one beyond its <see cref="Allowance"/>.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, Protocol egress, ChatResponse response)
    {
        response.Reset();
        response.Charge(new Allowance(body.Length, CancellationToken.None));
        try
        {
            return egress.ReadResponse(body, response);
        }
        catch (AllowanceException)
        {
            return false;
        }
    }
}

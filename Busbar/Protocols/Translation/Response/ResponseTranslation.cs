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
        scratch.Reset();
        if (!egress.ReadResponse(body, scratch))
        {
            return false;
        }

        if (ingress == egress)
        {
            // A client that sends another protocol's bodies to this one's path: the answer is built, not repeated, as its tools were translated.
            scratch.Source = ProtocolId.Responses;
        }

        if (scratch.Failure is null)
        {
            ResponseSeam.Prepare(scratch, context);
        }

        if (scratch.Failure is null)
        {
            ingress.WriteResponse(scratch, identity, new JsonWriter(output), ref context.Losses);
        }

        return true;
    }
}

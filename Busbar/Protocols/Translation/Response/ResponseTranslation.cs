using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Response;

/// <summary>A whole answer of one dialect into a whole answer of another.</summary>
internal static class ResponseTranslation
{
    /// <summary>
    /// Reads <paramref name="body"/> into <paramref name="scratch"/> (reset first). False when it is no answer of <paramref name="egress"/>; an answer in
    /// which the model or provider broke is a failure.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, Protocol egress, ChatResponse scratch)
    {
        scratch.Reset();
        if (!egress.ReadResponse(body, scratch))
        {
            return false;
        }

        scratch.Failure ??= AnswerEnd.Failure(scratch.StopReason, scratch.StopExplanation);
        return true;
    }

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
        if (!TryRead(body, egress, scratch))
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
            Write(scratch, ingress, context, identity, output);
        }

        return true;
    }

    /// <summary>
    /// Appends <paramref name="response"/>, which is no failure, in the client's dialect to <paramref name="output"/>; nothing when it turns out to be one
    /// on the way.
    /// </summary>
    public static void Write(ChatResponse response, Protocol ingress, TranslationContext context, in ResponseIdentity identity, PooledBuffer output)
    {
        ResponseSeam.Prepare(response, context);
        if (response.Failure is null)
        {
            ingress.WriteResponse(response, identity, new JsonWriter(output), ref context.Losses);
        }
    }
}

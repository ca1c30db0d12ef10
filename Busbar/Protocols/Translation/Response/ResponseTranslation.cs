using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>A whole answer of one protocol into a whole answer of another.</summary>
internal static class ResponseTranslation
{
    /// <summary>
    /// Reads <paramref name="body"/> into <paramref name="response"/> (reset first). False when it is no answer of <paramref name="egress"/>, or one
    /// beyond its <see cref="Allowance"/>; an answer in which the model or provider broke is a failure.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, Protocol egress, ChatResponse response)
    {
        response.Reset();
        response.Charge(new Allowance(body.Length, CancellationToken.None));
        try
        {
            if (!egress.ReadResponse(body, response))
            {
                return false;
            }
        }
        catch (AllowanceException)
        {
            return false;
        }

        response.Failure ??= AnswerEnd.Failure(response.StopReason, response.StopExplanation);
        return true;
    }

    /// <summary>
    /// Reads <paramref name="body"/> into <paramref name="scratch"/> (reset first) and appends it in the client's protocol to
    /// <paramref name="output"/>. False when the body is no answer of the provider's protocol, or what becomes of it is beyond its
    /// <see cref="Allowance"/>. An answer that reports a failure (<see cref="ChatResponse.Failure"/>) is read but not written: the caller decides
    /// what to do with it.
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

        if (ingress == egress && ingress.Traffic.OtherBodies is { } other)
        {
            // A client that sends another protocol's bodies to this one's path: the answer is built, not repeated, as its tools were translated.
            scratch.Source = other;
        }

        return scratch.Failure is not null || TryWrite(scratch, ingress, context, identity, output);
    }

    /// <summary>
    /// Appends <paramref name="response"/>, which is no failure, in the client's protocol to <paramref name="output"/>; nothing when it turns out to
    /// be one on the way. False when it is beyond the <see cref="Allowance"/> it was read with.
    /// </summary>
    public static bool TryWrite(ChatResponse response, Protocol ingress, TranslationContext context, in ResponseIdentity identity,
        PooledBuffer output)
    {
        output.Allowance = response.Arena.Allowance;
        try
        {
            ResponseAdapter.Prepare(response, context);
            if (response.Failure is null)
            {
                ingress.WriteResponse(response, identity, new JsonWriter(output), ref context.Losses);
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
}

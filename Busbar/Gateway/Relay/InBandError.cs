using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;

namespace Busbar.Gateway.Relay;

/// <summary>An error that stands where a whole answer of the client's own protocol should be, under the status of success.</summary>
internal static class InBandError
{
    /// <summary>The error that <paramref name="body"/> is; null when it is an answer, or nothing that can be read.</summary>
    public static StreamError? Of(Attempt attempt, ReadOnlyMemory<byte> body)
    {
        Protocol protocol = attempt.Endpoint.Protocol;
        if (attempt.Exchange.Route.Operation != Operation.Chat)
        {
            return null;
        }

        bool isAnswer = attempt.Response.Status != 200 || attempt.IsEncoded || protocol.LooksAnswered(body.Span);
        if (isAnswer && !MayBe(body.Span))
        {
            return null;
        }

        using ChatResponse response = ChatResponse.Rent();
        return ResponseTranslation.TryRead(body, protocol, response) ? response.Failure : null;
    }

    // Answers are hardly ever parsed for this: one protocol always names its error, which is null then, and three say it by their stop word.
    private static bool MayBe(ReadOnlySpan<byte> body)
    {
        int at = body.IndexOf("\"error\""u8);
        return (at >= 0 && !body[(at + 7)..].TrimStart(": \t\r\n"u8).StartsWith("null"u8))
            || body.IndexOf("\"ERROR"u8) >= 0 || body.IndexOf("\"MALFORMED_"u8) >= 0 || body.IndexOf("\"malformed_"u8) >= 0;
    }
}

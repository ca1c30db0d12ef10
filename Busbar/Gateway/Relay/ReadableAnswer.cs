using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// Whether a body under 2xx can be an answer of its protocol at all: no page, nothing empty, no other shape, no answer without choices.
/// </summary>
internal static class ReadableAnswer
{
    /// <summary>Judges what was read of <paramref name="body"/>; of one that has not ended only its first byte.</summary>
    public static bool Is(Attempt attempt, PooledBuffer body, bool ended)
    {
        ReadOnlySpan<byte> text = JsonSyntax.Trim(body.Span);
        if (attempt.Exchange.Route.Operation != Operation.Chat)
        {
            return !UpstreamErrors.IsPage(text);
        }

        if (attempt.Response.Head.TryGet("Content-Encoding", out _))
        {
            // A coding that nobody asked for: the client may know it.
            return true;
        }

        if (text.IsEmpty || text[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        if (!ended || attempt.Endpoint.Protocol.LooksAnswered(text))
        {
            return true;
        }

        using ChatResponse response = ChatResponse.Rent();
        return attempt.Endpoint.Protocol.ReadResponse(body.Memory, response);
    }
}

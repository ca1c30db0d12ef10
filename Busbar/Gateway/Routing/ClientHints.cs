using Busbar.Ir;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Routing;

/// <summary>The protocol a client speaks, as its credentials and headers give it away, for paths that say nothing.</summary>
internal static class ClientHints
{
    /// <summary>The protocol; null when nothing tells.</summary>
    public static ProtocolId? Of(IHeaderDictionary headers, ReadOnlySpan<char> query)
    {
        if (headers.Authorization is [{ } authorization] && authorization.StartsWith("AWS4-HMAC-SHA256", StringComparison.Ordinal))
        {
            return ProtocolId.Bedrock;
        }

        if (headers.ContainsKey("anthropic-version"))
        {
            return ProtocolId.Anthropic;
        }

        if (headers.ContainsKey("x-goog-api-key") || headers.ContainsKey("x-goog-api-client") || QueryValue.Of(query, "key").Length > 0)
        {
            return ProtocolId.Gemini;
        }

        return headers.ContainsKey("x-api-key") ? ProtocolId.Anthropic : null;
    }
}

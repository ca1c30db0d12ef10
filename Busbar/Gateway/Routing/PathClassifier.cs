using Busbar.Ir;

namespace Busbar.Gateway.Routing;

/// <summary>The protocol a path belongs to when no route matched, for errors before any handler runs (control plane, 3.6).</summary>
internal static class PathClassifier
{
    private static readonly string[] GeminiParts = ["/v1beta/", "/v1beta1/", "/v1alpha/", "/interactions"];

    private static readonly string[] GeminiVerbs =
    [
        ":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent",
        ":batchGenerateContent", ":generateAnswer", ":batchEmbedContents",
    ];

    private static readonly (string Tail, ProtocolId Protocol)[] Tails =
    [
        ("/v1/messages", ProtocolId.Anthropic),
        ("/v1/messages/count_tokens", ProtocolId.Anthropic),
        ("/v1/responses", ProtocolId.Responses),
        ("/v1/responses/input_tokens", ProtocolId.Responses),
        ("/v1/responses/compact", ProtocolId.Responses),
        ("/v2/chat", ProtocolId.Cohere),
        ("/v2/embed", ProtocolId.Cohere),
        ("/v2/rerank", ProtocolId.Cohere),
        ("/v1/chat", ProtocolId.Cohere),
        ("/v1/embed", ProtocolId.Cohere),
        ("/v1/rerank", ProtocolId.Cohere),
        ("/v1/generate", ProtocolId.Cohere),
        ("/openai/responses", ProtocolId.Responses),
        ("/chat/completions", ProtocolId.OpenAI),
    ];

    private static readonly string[] VertexVerbs = [":rawPredict", ":streamRawPredict"];

    private static readonly string[] BedrockTails = ["/converse", "/converse-stream", "/count-tokens", "/invoke", "/invoke-with-response-stream"];

    /// <summary>The protocol of <paramref name="path"/>; null when it tells nothing.</summary>
    public static ProtocolId? Classify(ReadOnlySpan<char> path)
    {
        if (ContainsAny(path, GeminiParts) && !EndsWithAny(path, VertexVerbs))
        {
            return ProtocolId.Gemini;
        }

        if (path.Contains("/models/", StringComparison.Ordinal))
        {
            ReadOnlySpan<char> last = path[(path.LastIndexOf('/') + 1)..];
            return EndsWithAny(last, VertexVerbs) ? ProtocolId.Anthropic : EndsWithAny(last, GeminiVerbs) ? ProtocolId.Gemini : ProtocolId.OpenAI;
        }

        if (path.Contains("/model/", StringComparison.Ordinal) && EndsWithAny(path, BedrockTails))
        {
            return ProtocolId.Bedrock;
        }

        foreach ((string tail, ProtocolId protocol) in Tails)
        {
            if (path.EndsWith(tail, StringComparison.Ordinal))
            {
                return protocol;
            }
        }

        return null;
    }

    private static bool ContainsAny(ReadOnlySpan<char> path, string[] parts)
    {
        foreach (string part in parts)
        {
            if (path.Contains(part, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsWithAny(ReadOnlySpan<char> path, string[] tails)
    {
        foreach (string tail in tails)
        {
            if (path.EndsWith(tail, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

using Busbar.Ir;

namespace Busbar.Gateway;

/// <summary>The dialect a path belongs to when no route matched, for errors before any handler runs (control plane, 3.6).</summary>
internal static class PathClassifier
{
    private static readonly string[] GeminiVerbs =
    [
        ":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent",
        ":batchGenerateContent", ":generateAnswer", ":batchEmbedContents",
    ];

    /// <summary>The dialect of <paramref name="path"/>; OpenAI when nothing else fits.</summary>
    public static ProtocolId Classify(ReadOnlySpan<char> path)
    {
        if (path.StartsWith("/v1beta/models", StringComparison.Ordinal))
        {
            return ProtocolId.Gemini;
        }

        if (path.StartsWith("/v1/models/", StringComparison.Ordinal))
        {
            ReadOnlySpan<char> last = path[(path.LastIndexOf('/') + 1)..];
            foreach (string verb in GeminiVerbs)
            {
                if (last.EndsWith(verb, StringComparison.Ordinal))
                {
                    return ProtocolId.Gemini;
                }
            }

            return ProtocolId.OpenAI;
        }

        if (path.StartsWith("/model/", StringComparison.Ordinal)
            && (path.EndsWith("/converse", StringComparison.Ordinal) || path.EndsWith("/converse-stream", StringComparison.Ordinal)))
        {
            return ProtocolId.Bedrock;
        }

        if (path.EndsWith("/v1/messages", StringComparison.Ordinal) || path.EndsWith("/v1/messages/count_tokens", StringComparison.Ordinal))
        {
            return ProtocolId.Anthropic;
        }

        if (path.EndsWith("/v2/chat", StringComparison.Ordinal))
        {
            return ProtocolId.Cohere;
        }

        return path.EndsWith("/v1/responses", StringComparison.Ordinal) ? ProtocolId.Responses : ProtocolId.OpenAI;
    }
}

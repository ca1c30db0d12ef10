using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>
/// Whether everything that a body says in words is found again in the body it became. Ids, words of the vendors' own vocabulary and what only its
/// vendor can read are not looked for; the digests compare those.
/// </summary>
internal static class Scalars
{
    // Shorter ones would be found by chance.
    private const int MinLength = 4;

    // Ids, signatures, words of the vendors' vocabulary, and what a vendor tells beside its answer. Citations and tools have comparisons of their
    // own.
    private static readonly HashSet<string> Passed =
    [
        "type", "role", "id", "model", "object", "status", "signature", "thoughtSignature", "thought_signature", "reasoning_signature",
        "encrypted_content", "call_id", "tool_call_id", "tool_use_id",
        "toolUseId", "item_id", "detail", "format", "mime_type", "mimeType", "media_type", "finish_reason", "finishReason", "finishMessage",
        "stop_reason", "stop_sequence", "native_finish_reason",
        "annotations", "citations", "citationMetadata", "groundingMetadata", "urlContextMetadata", "logprobs", "logprobsResult",
        "content_filter_results", "safetyRatings", "tools", "functions",
        "size", "quality", "background", "action", "revised_prompt", "padding", "execution", "title", "phase", "redactedContent", "data", "bytes",
        "cache_control", "cachePoint", "prompt_cache_breakpoint", "filename", "toolCall", "toolResponse",
    ];

    // Where a request and an answer hold what was said.
    private static readonly string[] Places = ["system", "instructions", "systemInstruction", "messages", "contents", "input", "choices",
        "candidates", "output", "content", "message"];

    /// <summary>The texts of <paramref name="said"/> that stand nowhere in <paramref name="arrived"/>, with their places.</summary>
    public static List<string> Missing(JsonElement said, JsonElement arrived)
    {
        bool isAnswer = said.TryGetProperty("output", out _) || said.TryGetProperty("choices", out _);
        var found = new StringBuilder();
        Gather(arrived, found);
        var missing = new List<string>();
        string text = Plain(found.ToString());
        foreach (string place in Places.Where(place => !isAnswer || place != "instructions"))
        {
            if (said.TryGetProperty(place, out JsonElement value))
            {
                Look(value, place, text, missing);
            }
        }

        return missing;
    }

    private static void Look(JsonElement value, string place, string found, List<string> missing)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.TryGetProperty("type", out JsonElement type) && type.ValueEquals("compaction"):
                // A summary is wrapped for whoever has to keep it.
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject().Where(static member => !Passed.Contains(member.Name)))
                {
                    Look(member.Value, $"{place}.{member.Name}", found, missing);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Look(item, place, found, missing);
                }

                break;
            case JsonValueKind.String when TryParse(value.GetString()!, out JsonElement inner):
                Look(inner, place, found, missing);
                break;
            case JsonValueKind.String when Plain(value.GetString()!) is { Length: >= MinLength } text and not "null"
                && !text.StartsWith("data:", StringComparison.Ordinal) && !found.Contains(text, StringComparison.Ordinal):
                missing.Add($"{place} '{(text.Length > 60 ? text[..60] : text)}'");
                break;
        }
    }

    private static void Gather(JsonElement value, StringBuilder found)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    found.Append(member.Name).Append('\n');
                    Gather(member.Value, found);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Gather(item, found);
                }

                break;
            case JsonValueKind.String:
                found.Append(value.GetString()).Append('\n');
                if (TryParse(value.GetString()!, out JsonElement inner))
                {
                    Gather(inner, found);
                }

                break;
        }
    }

    // Arguments and schemas travel as objects here and as text there.
    private static bool TryParse(string text, out JsonElement value)
    {
        value = default;
        if (!text.TrimStart().StartsWith('{') && !text.TrimStart().StartsWith('['))
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            value = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // White space is where turns are joined and trimmed.
    private static string Plain(string text) => string.Concat(text.Where(static letter => !char.IsWhiteSpace(letter) && letter != '\0'));
}

using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// The <c>usageMetadata</c> object. On the wire the prompt count includes cached tokens but not what server-side tools read, and the candidates'
/// count excludes thoughts.
/// </summary>
internal static class UsageFields
{
    /// <summary>
    /// Reads the object; null, or one without counts (the first chunks of a Vertex stream), leaves them unreported. Counts of zero are left out on
    /// the wire, so any of them may be the only one.
    /// </summary>
    public static Usage Read(JsonNode usage)
    {
        long cached = Usage.Count(Spelling.Get(usage, "cachedContentTokenCount"u8, "cached_content_token_count"u8).Saturated);
        long prompt = Math.Max(cached, Usage.Count(Spelling.Get(usage, "promptTokenCount"u8, "prompt_token_count"u8).Saturated));
        long tools = Usage.Count(Spelling.Get(usage, "toolUsePromptTokenCount"u8, "tool_use_prompt_token_count"u8).Saturated);
        long thoughts = Usage.Count(Spelling.Get(usage, "thoughtsTokenCount"u8, "thoughts_token_count"u8).Saturated);
        long answer = Usage.Count(Spelling.Get(usage, "candidatesTokenCount"u8, "candidates_token_count"u8).Saturated);
        JsonNode candidates = Spelling.Get(usage, "candidatesTokensDetails"u8, "candidates_tokens_details"u8);
        JsonText tier = Spelling.Get(usage, "serviceTier"u8, "service_tier"u8).Text;
        return new Usage
        {
            Input = Usage.Add(prompt - cached, tools),
            CacheRead = cached,
            Output = Usage.Add(answer, thoughts),
            Reasoning = thoughts,
            AudioInput = Math.Min(prompt - cached, Modality(Spelling.Get(usage, "promptTokensDetails"u8, "prompt_tokens_details"u8), "AUDIO"u8)),
            AudioOutput = Math.Min(answer, Modality(candidates, "AUDIO"u8)),
            ImageOutput = Math.Min(answer, Modality(candidates, "IMAGE"u8)),
        }.IfAny().In(tier.IsNullOrEmpty ? Spelling.Get(usage, "trafficType"u8, "traffic_type"u8).Text : tier);
    }

    private static long Modality(JsonNode details, ReadOnlySpan<byte> name)
    {
        long tokens = 0;
        foreach (JsonNode detail in details.Items)
        {
            if (detail["modality"u8].Text.Is(name))
            {
                tokens = Usage.Add(tokens, Usage.Count(Spelling.Get(detail, "tokenCount"u8, "token_count"u8).Saturated));
            }
        }

        return tokens;
    }

    /// <summary>The tier that served the answer.</summary>
    public static JsonText Tier(JsonNode usage) => Spelling.Get(usage, "serviceTier"u8, "service_tier"u8).Text;

    /// <summary>Writes the object as the value of <c>usageMetadata</c>.</summary>
    public static void Write(in Usage usage, JsonText tier, JsonWriter output)
    {
        output.StartObject("usageMetadata"u8);
        output.Number("promptTokenCount"u8, usage.TotalInput);
        output.Number("candidatesTokenCount"u8, Math.Max(0, usage.Output - usage.Reasoning));
        if (usage.CacheRead > 0)
        {
            output.Number("cachedContentTokenCount"u8, usage.CacheRead);
        }

        if (usage.Reasoning > 0)
        {
            output.Number("thoughtsTokenCount"u8, usage.Reasoning);
        }

        output.Number("totalTokenCount"u8, usage.Total);
        output.TextIfPresent("serviceTier"u8, tier);
        output.EndObject();
    }
}

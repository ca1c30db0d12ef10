using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.OpenAI;

/// <summary>The <c>usage</c> object. On the wire the prompt count includes cached tokens; the representation counts them beside it.</summary>
internal static class UsageFields
{
    /// <summary>Reads a usage object; null or anything else leaves the counts unreported.</summary>
    public static Usage Read(JsonNode usage)
    {
        if (!usage.IsObject)
        {
            return default;
        }

        JsonNode prompt = usage["prompt_tokens_details"u8];
        JsonNode completion = usage["completion_tokens_details"u8];
        long total = Usage.Count(usage["prompt_tokens"u8].Saturated);

        // DeepSeek and Moonshot keep the cached count outside the details.
        long cached = Usage.Count(prompt["cached_tokens"u8].Saturated ?? usage["prompt_cache_hit_tokens"u8].Saturated ?? usage["cached_tokens"u8].Saturated);
        cached = Math.Min(cached, total);
        long written = Math.Min(Usage.Count(prompt["cache_write_tokens"u8].Saturated), total - cached);
        long output = Usage.Count(usage["completion_tokens"u8].Saturated);
        return new Usage
        {
            Input = total - cached - written,
            CacheRead = cached,
            CacheWrite = written,
            Output = output,
            Reasoning = Math.Min(output, Usage.Count(completion["reasoning_tokens"u8].Saturated ?? usage["reasoning_tokens"u8].Saturated)),
            IsReported = true,
        };
    }

    /// <summary>Writes the object as the value of <c>usage</c>.</summary>
    public static void Write(in Usage usage, JsonWriter output)
    {
        output.StartObject("usage"u8);
        output.Number("prompt_tokens"u8, usage.TotalInput);
        output.Number("completion_tokens"u8, usage.Output);
        output.Number("total_tokens"u8, usage.Total);
        output.StartObject("prompt_tokens_details"u8);
        output.Number("cached_tokens"u8, usage.CacheRead);
        if (usage.CacheWrite > 0)
        {
            output.Number("cache_write_tokens"u8, usage.CacheWrite);
        }

        output.Number("audio_tokens"u8, 0);
        output.EndObject();
        output.StartObject("completion_tokens_details"u8);
        output.Number("reasoning_tokens"u8, usage.Reasoning);
        output.Number("audio_tokens"u8, 0);
        output.Number("accepted_prediction_tokens"u8, 0);
        output.Number("rejected_prediction_tokens"u8, 0);
        output.EndObject();
        output.EndObject();
    }
}

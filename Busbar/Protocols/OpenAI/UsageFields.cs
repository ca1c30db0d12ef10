using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>The <c>usage</c> object. On the wire the prompt count includes cached tokens; the representation counts them beside it.</summary>
internal static class UsageFields
{
    /// <summary>
    /// Reads a usage object; null, anything else, and one that counted nothing leave the counts unreported. Some hosts (xAI) count reasoning beside
    /// the completion, which shows in the total.
    /// </summary>
    public static Usage Read(JsonNode usage)
    {
        if (!usage.IsObject)
        {
            return default;
        }

        JsonNode prompt = usage["prompt_tokens_details"u8];
        JsonNode completion = usage["completion_tokens_details"u8];
        long input = Usage.Count(usage["prompt_tokens"u8].Saturated ?? usage["input_tokens"u8].Saturated);

        // DeepSeek and Moonshot keep the cached count outside the details.
        long cached = Usage.Count(prompt["cached_tokens"u8].Saturated ?? usage["prompt_cache_hit_tokens"u8].Saturated
            ?? usage["cached_tokens"u8].Saturated);
        cached = Math.Min(cached, input);
        long written = Math.Min(Usage.Count(prompt["cache_write_tokens"u8].Saturated), input - cached);
        long total = Usage.Count(usage["total_tokens"u8].Saturated);

        // What a host does not say of the completion, its total does.
        long output = Usage.Count(usage["completion_tokens"u8].Saturated ?? usage["output_tokens"u8].Saturated ?? Math.Max(0, total - input));
        long reasoning = Usage.Count(completion["reasoning_tokens"u8].Saturated ?? usage["reasoning_tokens"u8].Saturated);
        bool isBeside = reasoning > 0 && total == Usage.Add(Usage.Add(input, output), reasoning);
        output = isBeside ? Usage.Add(output, reasoning) : output;
        return new Usage
        {
            Input = input - cached - written,
            CacheRead = cached,
            CacheWrite = written,
            Output = output,
            Reasoning = Math.Min(output, reasoning),
            AudioInput = Math.Min(input - cached - written, Usage.Count(prompt["audio_tokens"u8].Saturated)),
            AudioOutput = Math.Min(output, Usage.Count(completion["audio_tokens"u8].Saturated)),
        }.IfAny();
    }

    /// <summary>The counts of an answer or chunk: at its top, or, as Moonshot has them in streams, inside the choice.</summary>
    public static Usage Find(JsonNode root, JsonNode choice)
    {
        Usage usage = Read(root["usage"u8]);
        return (usage.IsReported ? usage : Read(choice["usage"u8])).In(root["service_tier"u8].Text);
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

        output.Number("audio_tokens"u8, usage.AudioInput);
        output.EndObject();
        output.StartObject("completion_tokens_details"u8);
        output.Number("reasoning_tokens"u8, usage.Reasoning);
        output.Number("audio_tokens"u8, usage.AudioOutput);
        output.Number("accepted_prediction_tokens"u8, 0);
        output.Number("rejected_prediction_tokens"u8, 0);
        output.EndObject();
        output.EndObject();
    }
}

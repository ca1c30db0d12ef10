using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>The <c>usage</c> object. On the wire <c>input_tokens</c> includes cached and cache-written tokens.</summary>
internal static class UsageFields
{
    /// <summary>
    /// Reads <paramref name="usage"/>; unreported when it is not an object, or counted nothing. xAI counts reasoning beside the output.
    /// </summary>
    public static Usage Read(JsonNode usage)
    {
        if (!usage.IsObject)
        {
            return default;
        }

        JsonNode input = usage["input_tokens_details"u8];
        long cached = Usage.Count(input["cached_tokens"u8].Saturated);
        long written = Usage.Count(input["cache_write_tokens"u8].Saturated);
        long total = Usage.Count(usage["input_tokens"u8].Saturated);
        long output = Usage.Count(usage["output_tokens"u8].Saturated);
        long reasoning = Usage.Count(usage["output_tokens_details"u8]["reasoning_tokens"u8].Saturated);
        bool isBeside = reasoning > 0 && usage["total_tokens"u8].Saturated == Usage.Add(Usage.Add(total, output), reasoning);
        output = isBeside ? Usage.Add(output, reasoning) : output;
        return new Usage
        {
            Input = Math.Max(0, total - Usage.Add(cached, written)),
            CacheRead = cached,
            CacheWrite = written,
            CacheWriteLong = Usage.Count(input["cache_write_tokens_details"u8]["ttl_12h_tokens"u8].Saturated),
            Output = output,
            Reasoning = Math.Min(output, reasoning),
        }.IfAny();
    }

    /// <summary>Writes the object with all members that clients require, as the value of <c>usage</c>.</summary>
    public static void Write(in Usage usage, JsonWriter output)
    {
        output.StartObject("usage"u8);
        output.Number("input_tokens"u8, usage.TotalInput);
        output.StartObject("input_tokens_details"u8);
        output.Number("cached_tokens"u8, usage.CacheRead);
        output.Number("cache_write_tokens"u8, usage.CacheWrite);
        output.EndObject();
        output.Number("output_tokens"u8, usage.Output);
        output.StartObject("output_tokens_details"u8);
        output.Number("reasoning_tokens"u8, usage.Reasoning);
        output.EndObject();
        output.Number("total_tokens"u8, usage.Total);
        output.EndObject();
    }
}

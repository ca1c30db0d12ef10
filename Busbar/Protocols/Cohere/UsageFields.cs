using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// The <c>usage</c> object. <c>tokens</c> is what the model saw, cached ones included; <c>billed_units</c> is what is charged, and stands in for each
/// count that <c>tokens</c> has not.
/// </summary>
internal static class UsageFields
{
    /// <summary>Reads a usage object; one without counts leaves them unreported.</summary>
    public static Usage Read(JsonNode usage)
    {
        JsonNode tokens = usage["tokens"u8];
        JsonNode billed = usage["billed_units"u8];
        long total = Usage.Count(tokens["input_tokens"u8].Saturated ?? billed["input_tokens"u8].Saturated);
        long cached = Math.Min(total, Usage.Count(usage["cached_tokens"u8].Saturated));
        long output = Usage.Count(tokens["output_tokens"u8].Saturated ?? billed["output_tokens"u8].Saturated);
        return new Usage
        {
            Input = total - cached,
            CacheRead = cached,
            Output = output,
            Reasoning = Math.Min(output, Usage.Count(tokens["reasoning_tokens"u8].Saturated)),
        }.IfAny();
    }

    /// <summary>Writes the object as the value of <c>usage</c>, with both counters in both views.</summary>
    public static void Write(in Usage usage, JsonWriter output)
    {
        output.StartObject("usage"u8);
        output.StartObject("billed_units"u8);
        output.Number("input_tokens"u8, usage.TotalInput);
        output.Number("output_tokens"u8, usage.Output);
        output.EndObject();
        output.StartObject("tokens"u8);
        output.Number("input_tokens"u8, usage.TotalInput);
        output.Number("output_tokens"u8, usage.Output);
        if (usage.Reasoning > 0)
        {
            output.Number("reasoning_tokens"u8, usage.Reasoning);
        }

        output.EndObject();
        output.Number("cached_tokens"u8, usage.CacheRead);
        output.EndObject();
    }
}

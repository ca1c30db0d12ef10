using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>The <c>usage</c> object. Cached tokens stand beside the input tokens, as in <see cref="Usage"/>; the total includes them.</summary>
internal static class UsageFields
{
    /// <summary>Reads the object; unreported when it is missing. The service sends the cache counts under two spellings.</summary>
    public static Usage Read(JsonNode node)
    {
        if (!node.IsObject)
        {
            return default;
        }

        long longWrites = 0;
        foreach (JsonNode detail in node["cacheDetails"u8].Items)
        {
            if (detail["ttl"u8].Text.Is("1h"u8))
            {
                longWrites = Usage.Add(longWrites, Usage.Count(detail["inputTokens"u8].Saturated));
            }
        }

        return new Usage
        {
            Input = Usage.Count(node["inputTokens"u8].Saturated),
            CacheRead = Usage.Count(node["cacheReadInputTokens"u8].Saturated ?? node["cacheReadInputTokenCount"u8].Saturated),
            CacheWrite = Usage.Count(node["cacheWriteInputTokens"u8].Saturated ?? node["cacheWriteInputTokenCount"u8].Saturated),
            CacheWriteLong = longWrites,
            Output = Usage.Count(node["outputTokens"u8].Saturated),
        }.IfAny();
    }

    /// <summary>Reads the counts that the service adds to the last event of a stream of <c>InvokeModel</c>.</summary>
    public static Usage ReadInvocation(JsonNode node) => new Usage
    {
        Input = Usage.Count(node["inputTokenCount"u8].Saturated),
        CacheRead = Usage.Count(node["cacheReadInputTokenCount"u8].Saturated),
        CacheWrite = Usage.Count(node["cacheWriteInputTokenCount"u8].Saturated),
        Output = Usage.Count(node["outputTokenCount"u8].Saturated),
    }.IfAny();

    /// <summary>Writes the object; the cache counts only where there is something to count, as the service does for models without a cache.</summary>
    public static void Write(in Usage usage, JsonWriter output)
    {
        output.StartObject("usage"u8);
        output.Number("inputTokens"u8, usage.Input);
        output.Number("outputTokens"u8, usage.Output);
        output.Number("totalTokens"u8, usage.Total);
        if (usage.CacheRead > 0 || usage.CacheWrite > 0)
        {
            output.Number("cacheReadInputTokens"u8, usage.CacheRead);
            output.Number("cacheWriteInputTokens"u8, usage.CacheWrite);
        }

        if (usage.CacheWriteLong > 0)
        {
            output.StartArray("cacheDetails"u8);
            WriteDetail("5m"u8, usage.CacheWrite - usage.CacheWriteLong, output);
            WriteDetail("1h"u8, usage.CacheWriteLong, output);
            output.EndArray();
        }

        output.EndObject();
    }

    private static void WriteDetail(ReadOnlySpan<byte> lifetime, long tokens, JsonWriter output)
    {
        if (tokens > 0)
        {
            output.StartObject();
            output.Literal("ttl"u8, lifetime);
            output.Number("inputTokens"u8, tokens);
            output.EndObject();
        }
    }
}

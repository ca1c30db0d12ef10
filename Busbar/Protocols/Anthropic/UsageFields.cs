using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>The <c>usage</c> object of answers and streams. Cached tokens stand beside the input tokens, as in <see cref="Usage"/>.</summary>
internal static class UsageFields
{
    /// <summary>Reads the object; unreported when it is missing.</summary>
    public static Usage Read(JsonNode node)
    {
        if (!node.IsObject)
        {
            return default;
        }

        JsonNode writes = node["cache_creation"u8];
        long shortWrites = Usage.Count(writes["ephemeral_5m_input_tokens"u8].Saturated);
        long longWrites = Usage.Count(writes["ephemeral_1h_input_tokens"u8].Saturated);
        long cacheWrite = Usage.Count(node["cache_creation_input_tokens"u8].Saturated);
        return new Usage
        {
            Input = Usage.Count(node["input_tokens"u8].Saturated),
            CacheRead = Usage.Count(node["cache_read_input_tokens"u8].Saturated),
            CacheWrite = cacheWrite > 0 ? cacheWrite : Usage.Add(shortWrites, longWrites),
            CacheWriteLong = longWrites,
            Output = Usage.Count(node["output_tokens"u8].Saturated),
            Reasoning = Usage.Count(node["output_tokens_details"u8]["thinking_tokens"u8].Saturated),

            // What speed costs is in no price list.
            Tier = node["speed"u8].Text.Is("fast"u8) ? ServedTier.Other : ServedTiers.Read(node["service_tier"u8].Text),
        }.IfAny();
    }

    /// <summary>Writes the full set that answers and <c>message_start</c> carry; what is unused is null.</summary>
    public static void Write(in Usage usage, JsonText serviceTier, JsonWriter output)
    {
        output.StartObject("usage"u8);
        output.Number("input_tokens"u8, usage.Input);
        WriteCache(usage, output);
        if (usage.CacheWrite > 0)
        {
            output.StartObject("cache_creation"u8);
            output.Number("ephemeral_5m_input_tokens"u8, Math.Max(0, usage.CacheWrite - usage.CacheWriteLong));
            output.Number("ephemeral_1h_input_tokens"u8, usage.CacheWriteLong);
            output.EndObject();
        }
        else
        {
            output.Null("cache_creation"u8);
        }

        WriteOutput(usage, output);
        output.Null("inference_geo"u8);
        if (serviceTier.IsNullOrEmpty)
        {
            output.Null("service_tier"u8);
        }
        else
        {
            output.Text("service_tier"u8, serviceTier);
        }

        output.EndObject();
    }

    /// <summary>Writes the cumulative set that <c>message_delta</c> carries.</summary>
    public static void WriteDelta(in Usage usage, JsonWriter output)
    {
        output.StartObject("usage"u8);
        output.Number("input_tokens"u8, usage.Input);
        WriteCache(usage, output);
        WriteOutput(usage, output);
        output.EndObject();
    }

    private static void WriteCache(in Usage usage, JsonWriter output)
    {
        output.Number("cache_creation_input_tokens"u8, usage.CacheWrite);
        output.Number("cache_read_input_tokens"u8, usage.CacheRead);
    }

    private static void WriteOutput(in Usage usage, JsonWriter output)
    {
        output.Number("output_tokens"u8, usage.Output);
        if (usage.Reasoning > 0)
        {
            output.StartObject("output_tokens_details"u8);
            output.Number("thinking_tokens"u8, usage.Reasoning);
            output.EndObject();
        }
        else
        {
            output.Null("output_tokens_details"u8);
        }

        output.Null("server_tool_use"u8);
    }
}

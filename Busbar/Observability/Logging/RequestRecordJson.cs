using System.Globalization;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;

namespace Busbar.Observability.Logging;

/// <summary>A <see cref="RequestRecord"/> as the receiver of request logs gets it. docs/observability.md lists every member.</summary>
internal static class RequestRecordJson
{
    /// <summary>Writes one object.</summary>
    public static void Write(Utf8JsonWriter json, RequestRecord record)
    {
        json.WriteStartObject();
        json.WriteString("request_id"u8, record.RequestId);
        json.WriteString("provider_request_id"u8, record.ProviderRequestId);
        json.WriteNumber("ts"u8, record.Time.ToUnixTimeSeconds());
        json.WriteString("time"u8, record.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("key"u8, record.Key);
        json.WriteString("key_name"u8, record.KeyName);
        json.WriteString("group"u8, record.Group);
        json.WriteString("group_id"u8, record.GroupId);
        json.WriteStartObject("labels"u8);
        foreach ((string name, string value) in record.Labels ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteString("ingress_protocol"u8, record.Protocol);
        json.WriteString("pool"u8, record.Pool);
        json.WriteString("lane"u8, record.Lane);
        json.WriteString("provider"u8, record.Provider);
        json.WriteString("model_asked"u8, record.ModelAsked);
        json.WriteString("model_served"u8, record.ModelServed);
        json.WriteNumber("input_tokens"u8, record.Usage.Input);
        json.WriteNumber("cache_read_tokens"u8, record.Usage.CacheRead);
        json.WriteNumber("cache_write_tokens"u8, record.Usage.CacheWrite);
        json.WriteNumber("cache_write_1h_tokens"u8, record.Usage.CacheWriteLong);
        json.WriteNumber("output_tokens"u8, record.Usage.Output);
        json.WriteNumber("reasoning_tokens"u8, record.Usage.Reasoning);
        json.WriteNumber("audio_input_tokens"u8, record.Usage.AudioInput);
        json.WriteNumber("audio_output_tokens"u8, record.Usage.AudioOutput);
        json.WriteNumber("image_output_tokens"u8, record.Usage.ImageOutput);
        json.WriteBoolean("tokens_estimated"u8, record.IsEstimated);
        Number(json, "cost_cents"u8, record.CostCents);
        json.WriteBoolean("unpriced"u8, record.IsUnpriced);
        json.WriteString("service_tier"u8, ServedTiers.NameOf(record.ServiceTier));
        json.WriteNumber("status"u8, record.Status);
        json.WriteString("outcome"u8, record.Outcome);
        json.WriteString("reason"u8, record.Reason);
        json.WriteString("limit"u8, record.Limit);
        json.WriteString("downgraded_from"u8, record.DowngradedFrom);
        json.WriteNumber("attempts"u8, record.Attempts);
        json.WriteStartArray("failures"u8);
        foreach (FailedAttempt failure in record.Failures)
        {
            json.WriteStartObject();
            json.WriteString("pool"u8, failure.Pool);
            json.WriteString("lane"u8, failure.Lane);
            json.WriteString("provider"u8, failure.Provider);
            json.WriteString("reason"u8, failure.Reason);
            json.WriteNumber("status"u8, failure.Status);
            json.WriteString("code"u8, failure.Code);
            json.WriteNumber("cooldown_s"u8, Math.Round(failure.Cooldown.TotalSeconds, 3));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Number(json, "first_content_ms"u8, record.FirstContent is { } first ? (long)first.TotalMilliseconds : null);
        json.WriteString("client"u8, record.Client);
        json.WriteNumber("latency_ms"u8, (long)record.Total.TotalMilliseconds);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

using Busbar.Ir;
using Busbar.Observability.Logging;
using Busbar.Wire.Json;

namespace Busbar.Observability.Live;

/// <summary>A <see cref="RecentRequest"/> as the admin API shows it; the schema <c>Request</c> of its document says the same.</summary>
internal static class RecentRequestJson
{
    /// <summary>Writes one object.</summary>
    public static void Write(JsonWriter json, in RecentRequest request)
    {
        json.StartObject();
        json.Number("sequence"u8, request.Sequence);
        json.Number("ended_at_ms"u8, request.EndedAtMs);
        Optional(json, "request_id"u8, request.RequestId);
        Optional(json, "provider_request_id"u8, request.ProviderRequestId);
        Optional(json, "key"u8, request.Key);
        Optional(json, "key_name"u8, request.KeyName);
        Optional(json, "group"u8, request.Group);
        json.String("protocol"u8, request.Protocol.Name());
        json.String("pool"u8, request.Pool);
        Optional(json, "served_in"u8, request.ServedIn);
        Optional(json, "lane"u8, request.Lane);
        json.Number("status"u8, request.Status);
        json.String("outcome"u8, Metrics.Metrics.Outcomes[(int)request.Outcome]);
        Optional(json, "reason"u8, request.Reason);
        Optional(json, "limit"u8, request.Limit);
        Optional(json, "downgraded_from"u8, request.DowngradedFrom);
        json.Bool("streamed"u8, request.Streams);
        json.Number("attempts"u8, request.Attempts);
        json.StartArray("failures"u8);
        foreach (FailedAttempt failure in request.Failures ?? [])
        {
            Write(json, failure);
        }

        json.EndArray();
        json.Number("input_tokens"u8, request.InputTokens);
        json.Number("cached_tokens"u8, request.CachedTokens);
        json.Number("output_tokens"u8, request.OutputTokens);
        json.Bool("estimated"u8, request.IsEstimated);
        Optional(json, "cost_nano_dollars"u8, request.CostNanos);
        Optional(json, "first_content_ms"u8, request.FirstContentMs);
        json.Number("total_ms"u8, request.TotalMs);
        json.StartArray("lost"u8);
        for (Losses lost = request.Lost; lost.TryTake(out LossField field);)
        {
            json.String(Metrics.Metrics.LabelOf(field));
        }

        json.EndArray();
        json.EndObject();
    }

    private static void Write(JsonWriter json, in FailedAttempt failure)
    {
        json.StartObject();
        json.String("pool"u8, failure.Pool);
        json.String("lane"u8, failure.Lane);
        json.String("provider"u8, failure.Provider);
        json.String("reason"u8, failure.Reason);
        json.Number("status"u8, failure.Status);
        Optional(json, "code"u8, failure.Code);
        json.Number("cooldown_s"u8, Math.Round(failure.Cooldown.TotalSeconds, 3));
        json.Number("after_ms"u8, (long)failure.After.TotalMilliseconds);
        json.EndObject();
    }

    private static void Optional(JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            json.Null(name);
        }
        else
        {
            json.String(name, value);
        }
    }

    private static void Optional(JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.Number(name, number);
        }
        else
        {
            json.Null(name);
        }
    }
}

using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;

namespace Busbar.Configuration.Binding;

/// <summary>Reads the <c>observability:</c> block. A refused sink is switched off and does not stop the start.</summary>
internal static class ObservabilityBinder
{
    /// <summary>Reads where traces and request logs go.</summary>
    public static ObservabilityConfig Bind(Section observability, ConfigReport report)
    {
        SinkEndpoint? otlp = Sink(observability, "otlp_endpoint", SinkGuard.Otlp, report);
        SinkEndpoint? webhook = Sink(observability, "request_log_webhook_url", SinkGuard.Webhook, report);
        double ratio = observability.Number("otlp_sample_ratio", 1);
        if (!(ratio is >= 0 and <= 1))
        {
            report.Error(observability.At("otlp_sample_ratio"), "must be from 0 to 1", "1 records every trace, 0.1 one in ten");
        }

        return new ObservabilityConfig
        {
            OtlpSampleRatio = ratio,
            LogFormat = observability.Choice("log_format", ("text", LogFormat.Text), ("json", LogFormat.Json)) ?? LogFormat.Text,
            OtlpEndpoint = otlp?.Url,
            OtlpAuthorization = otlp?.Authorization,
            RequestLogWebhookUrl = webhook?.Url,
            RequestLogWebhookAuthorization = webhook?.Authorization,
        };
    }

    private static SinkEndpoint? Sink(Section block, string key, Func<string, SinkEndpoint> judge, ConfigReport report)
    {
        report.Conceal(block.At(key));
        if (block.Filled(key) is not { } url)
        {
            return null;
        }

        SinkEndpoint sink = judge(url);
        if (sink.Refusal is { } reason)
        {
            report.Warn(block.At(key), $"'{SinkGuard.Mask(url)}' is refused and switched off: {reason}");
        }

        return sink;
    }
}

using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>observability:</c> block. A refused sink is switched off and does not stop the start.</summary>
internal static class ObservabilityBinder
{
    private const int GrpcPort = 4317;

    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase) { "Host", "Content-Length", "Content-Type",
        "Transfer-Encoding", "Connection" };

    /// <summary>Reads where traces and request logs go.</summary>
    public static ObservabilityConfig Bind(Section observability, ConfigReport report, IEnvironment environment)
    {
        Section collector = observability.Inner("otlp", ConfigKeys.Otlp);
        SinkSettings otlpSettings = Settings(collector, report);
        Section receiver = observability.Inner("request_log_webhook", ConfigKeys.RequestLogWebhook);
        SinkSettings webhookSettings = Settings(receiver, report);
        SinkEndpoint? otlp = Sink(observability, "otlp_endpoint", url => SinkGuard.Otlp(url, otlpSettings.AllowPrivateNetwork), report);
        SinkEndpoint? webhook = Sink(observability, "request_log_webhook_url", url => SinkGuard.Webhook(url, webhookSettings.AllowPrivateNetwork),
            report);
        otlpSettings = Ways(collector, otlpSettings, otlp?.Url, report, environment);
        webhookSettings = Ways(receiver, webhookSettings, webhook?.Url, report, environment);
        Section alarm = observability.Inner("alert_webhook", ConfigKeys.AlertWebhook);
        SinkSettings alertSettings = Settings(alarm, report);
        SinkEndpoint? alerts = Sink(observability, "alert_webhook_url", url => SinkGuard.Webhook(url, alertSettings.AllowPrivateNetwork), report);
        alertSettings = Ways(alarm, alertSettings, alerts?.Url, report, environment);
        if (otlp?.Url is { } endpoint && new Uri(endpoint).Port == GrpcPort)
        {
            report.Warn(observability.At("otlp_endpoint"), $"port {GrpcPort} is the one on which collectors take gRPC; here OTLP goes over HTTP",
                "write port 4318, where collectors take HTTP");
        }

        double ratio = observability.Number("otlp_sample_ratio", 1);
        if (!(ratio is >= 0 and <= 1))
        {
            report.Error(observability.At("otlp_sample_ratio"), "must be from 0 to 1", "1 records every trace, 0.1 one in ten");
        }

        return new ObservabilityConfig
        {
            OtlpSampleRatio = ratio,
            Otlp = otlpSettings,
            OtlpMetricsIntervalSecs = collector.Integer("metrics_interval_secs", 0),
            RequestLogFile = RequestLogFile(observability, report),
            RequestLogWebhook = webhookSettings,
            AlertWebhook = alertSettings,
            AlertWebhookUrl = alerts?.Url,
            AlertWebhookAuthorization = alerts?.Authorization,
            LogFormat = observability.Choice("log_format", ("text", LogFormat.Text), ("json", LogFormat.Json)) ?? LogFormat.Text,
            OtlpEndpoint = otlp?.Url,
            OtlpAuthorization = otlp?.Authorization,
            RequestLogWebhookUrl = webhook?.Url,
            RequestLogWebhookAuthorization = webhook?.Authorization,
        };
    }

    private static string? RequestLogFile(Section observability, ConfigReport report)
    {
        string? file = observability.Filled("request_log_file");
        if (file is null or ObservabilityConfig.StandardOutput)
        {
            return file;
        }

        string path = observability.At("request_log_file");
        if (file.Any(char.IsControl) || Directory.Exists(file))
        {
            report.Error(path, "not the path of a file", "write a path such as /var/log/busbar/requests.jsonl, or stdout");
        }
        else if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } directory && !Directory.Exists(directory))
        {
            report.Error(path, $"the directory '{directory}' does not exist", "make it, and let the user that the process runs as write to it");
        }

        return file;
    }

    private static SinkSettings Settings(Section sink, ConfigReport report)
    {
        Dictionary<string, Secret> headers = new(StringComparer.OrdinalIgnoreCase);
        report.Conceal(sink.At("headers"));
        foreach ((string name, string path, YamlNode node) in sink.Named("headers"))
        {
            report.Conceal(path);
            if (sink.Text(node, path) is not { } value)
            {
                continue;
            }

            if (!HeaderText.IsName(name) || !HeaderText.IsValue(value) || Reserved.Contains(name))
            {
                report.Error(path, Reserved.Contains(name) ? $"'{name}' is written by the gateway itself" : $"'{name}' is not a legal header",
                    "give a header name and a value of visible characters");
                continue;
            }

            headers[name] = new Secret(value);
        }

        return new SinkSettings { AllowPrivateNetwork = sink.Switch("allow_private_network") ?? false, Headers = headers };
    }

    // How calls get there, which depends on the address.
    private static SinkSettings Ways(Section sink, SinkSettings settings, string? url, ConfigReport report, IEnvironment environment) => settings with
    {
        Proxy = ProxyBinder.Bind(sink, url, settings.AllowPrivateNetwork, report, environment),
        Tls = TlsBinder.BindClient(sink.Inner("tls", ConfigKeys.ClientTls), url, report, TimeProvider.System.GetUtcNow()),
    };

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

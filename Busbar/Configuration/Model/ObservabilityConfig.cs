namespace Busbar.Configuration.Model;

/// <summary>The <c>observability:</c> block.</summary>
internal sealed record ObservabilityConfig
{
    /// <summary>OTLP/HTTP endpoint, free of credentials; null for no traces.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Value of <c>Authorization</c> for the endpoint, from the credentials in its address; null for none.</summary>
    public Secret? OtlpAuthorization { get; init; }

    /// <summary>Share of traces that are recorded where the caller has not decided it, 0 to 1.</summary>
    public double OtlpSampleRatio { get; init; } = 1;

    /// <summary>How the endpoint is called.</summary>
    public SinkSettings Otlp { get; init; } = SinkSettings.Default;

    /// <summary>Seconds between two exports of figures to the endpoint; 0 for none.</summary>
    public int OtlpMetricsIntervalSecs { get; init; }

    /// <summary>File that gets a line for each request, or <see cref="StandardOutput"/>; null for none.</summary>
    public string? RequestLogFile { get; init; }

    /// <summary>Stands for standard output in place of a file.</summary>
    public const string StandardOutput = "stdout";

    /// <summary>How the receiver of request logs is called.</summary>
    public SinkSettings RequestLogWebhook { get; init; } = SinkSettings.Default;

    /// <summary>How the receiver of alerts is called.</summary>
    public SinkSettings AlertWebhook { get; init; } = SinkSettings.Default;

    /// <summary>Receiver of alerts, free of credentials; null for none.</summary>
    public string? AlertWebhookUrl { get; init; }

    /// <summary>Value of <c>Authorization</c> for it, from the credentials in its address; null for none.</summary>
    public Secret? AlertWebhookAuthorization { get; init; }

    /// <summary>How log lines look.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Receiver of request logs, free of credentials; null for none.</summary>
    public string? RequestLogWebhookUrl { get; init; }

    /// <summary>Value of <c>Authorization</c> for the receiver, from the credentials in its address; null for none.</summary>
    public Secret? RequestLogWebhookAuthorization { get; init; }
}

namespace Busbar.Configuration;

/// <summary>The <c>observability:</c> block.</summary>
internal sealed record ObservabilityConfig
{
    /// <summary>OTLP/HTTP endpoint; null for no traces.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Receiver of request logs; null for none.</summary>
    public string? RequestLogWebhookUrl { get; init; }
}

namespace Busbar.Configuration;

/// <summary>The <c>observability:</c> block.</summary>
internal sealed record ObservabilityConfig
{
    /// <summary>OTLP/HTTP endpoint, free of credentials; null for no traces.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Value of <c>Authorization</c> for the endpoint, from the credentials in its address; null for none.</summary>
    public Secret? OtlpAuthorization { get; init; }

    /// <summary>Receiver of request logs, free of credentials; null for none.</summary>
    public string? RequestLogWebhookUrl { get; init; }

    /// <summary>Value of <c>Authorization</c> for the receiver, from the credentials in its address; null for none.</summary>
    public Secret? RequestLogWebhookAuthorization { get; init; }
}

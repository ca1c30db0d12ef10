using Busbar.Configuration.Binding;

namespace Busbar.Configuration;

/// <summary>Settings that are understood but whose feature this version does not have. Their use is refused, because to ignore them would be worse.</summary>
internal static class NotYet
{
    /// <summary>One row for each feature: what it is called, and the paths where a configuration asks for it. A feature that arrives takes its row away.</summary>
    public static IReadOnlyList<(string Feature, Func<GatewayConfig, IEnumerable<string>> Uses)> Features { get; } =
    [
        ("governance", config => When(config.Governance.Enabled, "governance.enabled")),
        ("trace export", config => When(config.Observability.OtlpEndpoint is not null, "observability.otlp_endpoint")),
        ("the request log webhook", config => When(config.Observability.RequestLogWebhookUrl is not null, "observability.request_log_webhook_url")),
        ("rate cards", config => config.Models.Values.Where(model => model.RateCard is not null).Select(model => $"models.{model.Name}.rate_card")),
    ];

    /// <summary>Reports every use of a feature that is not there.</summary>
    public static void Refuse(GatewayConfig config, ConfigReport report)
    {
        foreach ((string feature, Func<GatewayConfig, IEnumerable<string>> uses) in Features)
        {
            foreach (string path in uses(config))
            {
                report.Error(path, $"{feature}: not available in this version", "remove the setting");
            }
        }
    }

    private static IEnumerable<string> When(bool isUsed, string path) => isUsed ? [path] : [];
}

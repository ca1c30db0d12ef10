namespace Busbar.Configuration.Binding.Keys;

/// <summary>Every key of both files, said once. A key that is not here is an error wherever it stands.</summary>
internal static partial class ConfigKeys
{
    /// <summary>A provider in the catalog, which holds no secrets.</summary>
    public static KeySet CatalogProvider => field ??= Provider.Without(
        "api_key_env", "api_key_file", "api_key", "identity", "headers", "proxy", "tls");

    /// <summary>All blocks.</summary>
    public static IReadOnlyList<KeySet> All => field ??=
    [
        Root, Tls, Cors, Auth, ClientToken, Jwt, Provider, CatalogProvider, Identity, ClientTls, Health, Model, Capabilities, RateCard, Pool, Member,
        Breaker, Trip, Failover,
        OnExhausted, Affinity, Hedge, Queue, Limits, Governance, Postgres, Attribution, Observability, Otlp, RequestLogWebhook, AlertWebhook,
    ];
}

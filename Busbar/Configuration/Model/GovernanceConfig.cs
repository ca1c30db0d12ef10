using Busbar.Configuration.Model.Store;

namespace Busbar.Configuration.Model;

/// <summary>The <c>governance:</c> block.</summary>
internal sealed record GovernanceConfig
{
    /// <summary>Whether callers need virtual keys.</summary>
    public bool Enabled { get; init; }

    /// <summary>Which database holds keys and usage.</summary>
    public StoreKind Store { get; init; }

    /// <summary>The PostgreSQL database; null where <see cref="Store"/> is another kind and none is described.</summary>
    public PostgresConfig? Postgres { get; init; }

    /// <summary>Database file of SQLite. Default <c>busbar-governance.db</c>.</summary>
    public string DbPath { get; init; } = "busbar-governance.db";

    /// <summary>Fee of one successful request, cents. Default 0.</summary>
    public long PricePerRequestCents { get; init; }

    /// <summary>Price of a thousand tokens, cents. Default 0.</summary>
    public long PricePer1KTokensCents { get; init; }

    /// <summary>Opens the admin API; null for none.</summary>
    public Secret? AdminToken { get; init; }

    /// <summary>Opens the reading half of the admin API; null for none.</summary>
    public Secret? AdminReadToken { get; init; }

    /// <summary>Own address of the admin API; null to serve it on the data port.</summary>
    public string? AdminListen { get; init; }

    /// <summary>Whether the page for people is served beside the admin API. Default true.</summary>
    public bool AdminUi { get; init; } = true;

    /// <summary>Whether an unreadable budget window admits or refuses.</summary>
    public StoreErrorMode OnStoreError { get; init; }

    /// <summary>File with the 32-byte master key that encrypts stored access-key secrets; null for none.</summary>
    public string? MasterKeyFile { get; init; }

    /// <summary>Environment variable with that key; null for none.</summary>
    public string? MasterKeyEnv { get; init; }

    /// <summary>That key itself; null when neither is given.</summary>
    public MasterKey? MasterKey { get; init; }
}

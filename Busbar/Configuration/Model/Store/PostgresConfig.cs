namespace Busbar.Configuration.Model.Store;

/// <summary>The <c>governance.postgres:</c> block with what the variable that it names holds.</summary>
internal sealed record PostgresConfig
{
    /// <summary>Name of the variable.</summary>
    public required string UrlEnv { get; init; }

    /// <summary>What the variable holds; null when it is not set or makes no sense, which is reported where it is needed.</summary>
    public PostgresAddress? Address { get; init; }
}

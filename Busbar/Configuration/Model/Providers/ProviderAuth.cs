namespace Busbar.Configuration.Model.Providers;

/// <summary>Which header carries a provider credential.</summary>
internal enum ProviderAuth : byte
{
    /// <summary>What the protocol's own clients use.</summary>
    Native,

    /// <summary><c>Authorization: Bearer</c>.</summary>
    Bearer,

    /// <summary><c>api-key</c> (Azure).</summary>
    ApiKey,
}

using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration;

/// <summary>What a start says about its configuration.</summary>
internal static class StartupSummary
{
    /// <summary>One line for each model and each pool.</summary>
    public static IEnumerable<string> Lines(GatewayConfig config)
    {
        foreach (ModelConfig model in config.Models.Values)
        {
            ProviderConfig provider = config.Providers[model.Provider];
            string proxy = provider.Proxy is { } way ? $" through {way.Address}, from {way.Source}" : "";
            string identity = provider.Identity is { } own ? $" with an identity of {own.Word}" : "";
            yield return $"model {model.Name} via {model.Provider} ({provider.BaseUrl}{identity}{proxy}) max {model.MaxConcurrent}";
        }

        foreach (PoolConfig pool in config.Pools.Values)
        {
            long permits = pool.Members.Sum(member => (long)config.Models[member.Target].MaxConcurrent);
            yield return $"pool {pool.Name}: {string.Join(", ", pool.Members.Select(Describe))}; max {permits}";
        }
    }

    /// <summary>The warning that everybody can call; null when callers are checked. It must reach the operator whatever the log level.</summary>
    public static string? OpenRelayBanner(GatewayConfig config) => config switch
    {
        { Governance.Enabled: true } or { Auth.Mode: not AuthMode.None } => null,
        { Auth.IsExplicit: true } => "OPEN RELAY: auth mode is 'none', so everybody who reaches this port can spend the providers' keys",
        _ => "OPEN RELAY: no auth mode is configured, so everybody who reaches this port can spend the providers' keys; set auth.mode",
    };

    private static string Describe(PoolMemberConfig member) => member.Weight == 1 ? member.Target : $"{member.Target} x{member.Weight}";
}

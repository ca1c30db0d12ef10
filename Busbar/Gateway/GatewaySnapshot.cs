using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Admission.Tokens;
using Busbar.Gateway.Attempts;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Upstream;
using Busbar.Upstream.Identity;

namespace Busbar.Gateway;

/// <summary>
/// Everything that one configuration gives rise to. Immutable; a reload builds another and swaps the reference, and a request keeps
/// the one it began with.
/// </summary>
internal sealed class GatewaySnapshot
{
    private readonly Dictionary<string, UpstreamProvider> _providers = [];
    private readonly UpstreamEndpoint[] _endpoints;
    private readonly Dictionary<Pool, PoolMetrics> _metrics = [];
    private readonly Dictionary<Pool, FallbackChain> _chains = [];

    /// <summary>
    /// Builds connections and endpoints for every lane of <paramref name="fleet"/>; opens no connection. <paramref name="governor"/> is null where
    /// governance is off; <paramref name="signatures"/> are those of the former snapshot, whose master key lasts as long as the process;
    /// <paramref name="identities"/> have taken over the configuration;
    /// <paramref name="tokens"/> go on with the issuers' keys of the former one.
    /// </summary>
    public GatewaySnapshot(
        GatewayConfig config,
        Fleet fleet,
        Metrics metrics,
        TimeProvider time,
        Governor? governor = null,
        SignedCaller? signatures = null,
        Identities? identities = null,
        TokenGate? tokens = null)
    {
        Config = config;
        Time = time;
        Fleet = fleet;
        Governor = governor;
        Identities = identities;
        Prices = governor is null ? null : new PriceList(config.Governance, config.Models);
        Signatures = signatures ?? (governor is null ? null : new SignedCaller(config.Governance, governor.Keys, time));
        Tokens = tokens;
        Authenticator = new Authenticator(config, governor?.Keys, time, tokens);
        string userAgent = config.UserAgent ?? $"busbar/{ProductVersion.Text}";
        foreach ((string name, ProviderConfig provider) in config.Providers)
        {
            _providers.Add(name, new UpstreamProvider(provider, config.Limits, time, identities?.Of(provider)));
        }

        _endpoints = new UpstreamEndpoint[fleet.Lanes.Max(lane => lane.Index) + 1];
        foreach (Lane lane in fleet.Lanes)
        {
            _endpoints[lane.Index] = new UpstreamEndpoint(_providers[lane.Provider.Name], lane.Model, lane.KeyIndex, config, userAgent, time);
        }

        foreach (Pool pool in Metrics.AllPools(fleet))
        {
            _metrics.Add(pool, metrics.ForPool(pool));
            _chains.Add(pool, new FallbackChain(pool, fleet));
        }
    }

    /// <summary>The configuration.</summary>
    public GatewayConfig Config { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Its lanes and pools.</summary>
    public Fleet Fleet { get; }

    /// <summary>Its gatekeeper.</summary>
    public Authenticator Authenticator { get; }

    /// <summary>The virtual keys; null where governance is off.</summary>
    public Governor? Governor { get; }

    /// <summary>The gateway's own identities at providers, which outlive a snapshot; null where there can be none.</summary>
    public Identities? Identities { get; }

    /// <summary>What keys pay; null where governance is off.</summary>
    public PriceList? Prices { get; }

    /// <summary>Verifies callers that sign; null where governance is off.</summary>
    public SignedCaller? Signatures { get; }

    /// <summary>Admits tokens of issuers; null where governance is off.</summary>
    public TokenGate? Tokens { get; }

    /// <summary>The pools that a request to <paramref name="pool"/> may go through.</summary>
    public FallbackChain ChainOf(Pool pool) => _chains[pool];

    /// <summary>How to call <paramref name="lane"/>.</summary>
    public UpstreamEndpoint EndpointOf(Lane lane) => _endpoints[lane.Index];

    /// <summary>The counters of <paramref name="pool"/>.</summary>
    public PoolMetrics MetricsOf(Pool pool) => _metrics[pool];

    /// <summary>Closes idle connections once no request uses this snapshot any more.</summary>
    public void CloseConnections()
    {
        foreach (UpstreamProvider provider in _providers.Values)
        {
            provider.Dispose();
        }
    }
}

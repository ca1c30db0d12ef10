using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration.Model;

/// <summary>How one receiver of telemetry is called, beside its address.</summary>
internal sealed record SinkSettings
{
    /// <summary>What stands where nothing is configured.</summary>
    public static readonly SinkSettings Default = new();

    /// <summary>Whether it may be at an address of this machine or of a private network, over http too.</summary>
    public bool AllowPrivateNetwork { get; init; }

    /// <summary>Headers of each call, by name.</summary>
    public IReadOnlyDictionary<string, Secret> Headers { get; init; } = new Dictionary<string, Secret>();

    /// <summary>The proxy that leads there; null for none.</summary>
    public ProxyConfig? Proxy { get; init; }

    /// <summary>How TLS is spoken there; null for the machine's authorities and no certificate.</summary>
    public ClientTls? Tls { get; init; }

    /// <summary>Whether <paramref name="other"/> says the same.</summary>
    public bool Same(SinkSettings other) =>
        AllowPrivateNetwork == other.AllowPrivateNetwork
        && Proxy?.Address == other.Proxy?.Address
        && Proxy?.Authorization?.Reveal() == other.Proxy?.Authorization?.Reveal()
        && (Tls?.Same(other.Tls) ?? other.Tls is null)
        && Headers.Count == other.Headers.Count
        && Headers.All(header => other.Headers.TryGetValue(header.Key, out Secret? value) && value.Reveal() == header.Value.Reveal());
}

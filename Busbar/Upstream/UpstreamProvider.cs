using System.Net;
using System.Net.Security;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Upstream.Http1;
using Busbar.Upstream.Identity;
using Busbar.Upstream.Tls;

namespace Busbar.Upstream;

/// <summary>
/// The connections to one provider. No redirects, cookies or decompression: what the provider says is what the client
/// gets. One instance per provider and configuration snapshot.
/// </summary>
internal sealed class UpstreamProvider : IDisposable
{
    private readonly IUpstreamTransport _transport;

    /// <summary>Prepares connections as <paramref name="provider"/> and <paramref name="limits"/> say; opens none.</summary>
    public UpstreamProvider(ProviderConfig provider, LimitsConfig limits, TimeProvider time, CloudIdentity? identity = null)
    {
        Config = provider;
        Identity = identity;
        var address = new Uri(provider.BaseUrl);
        TimeSpan connectTimeout = TimeSpan.FromSeconds(limits.UpstreamConnectTimeoutSecs);
        if (provider.Http == UpstreamHttp.Http2)
        {
            SocketsHttpHandler handler = VettedDial.NewHandler(
                IsBlocked,
                Blocked(provider),
                provider.Proxy,
                TlsNegotiation.With(address.IdnHost, provider.Tls, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11));
            handler.AutomaticDecompression = DecompressionMethods.None;
            handler.EnableMultipleHttp2Connections = true;
            handler.ConnectTimeout = connectTimeout;
            handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
            _transport = new HandlerTransport(handler);
            return;
        }

        bool isPlain = address.Scheme == Uri.UriSchemeHttp;
        Func<IPAddress, bool> isBlocked = isPlain ? AddressGuard.IsBlockedInClear : IsBlocked;
        string blocked = isPlain
            ? $"provider {provider.Name}: base_url is http:// and its host resolves only to public or forbidden addresses; use https://"
            : Blocked(provider);
        _transport = new Http1Transport(
            address,
            (server, cancellation) => VettedDial.ConnectAsync(server, isBlocked, blocked, cancellation, provider.Proxy),
            isPlain ? null : TlsNegotiation.With(address.IdnHost, provider.Tls, SslApplicationProtocol.Http11),
            connectTimeout,
            time,
            limits.PoolMaxIdlePerHost);
    }

    /// <summary>What the provider was configured as.</summary>
    public ProviderConfig Config { get; }

    /// <summary>Who the gateway is there, in place of a key; null for a key or none.</summary>
    public CloudIdentity? Identity { get; }

    /// <inheritdoc cref="IUpstreamTransport.SendAsync"/>
    public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
        => _transport.SendAsync(request, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();

    private static string Blocked(ProviderConfig provider) =>
        $"provider {provider.Name}: its host resolves only to private, loopback or metadata addresses; set allow_private_network: true if that " +
            "is meant";

    private bool IsBlocked(IPAddress address) => AddressGuard.IsBlocked(address, Config.AllowPrivateNetwork);
}

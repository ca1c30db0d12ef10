using System.Net;
using System.Net.Security;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Upstream.Dial;
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
        if (provider.Http == UpstreamHttp.Http2)
        {
            _transport = new HandlerTransport(NewHandler(provider, limits, IsBlocked));
            return;
        }

        var address = new Uri(provider.BaseUrl);
        bool isPlain = address.Scheme == Uri.UriSchemeHttp;
        Func<IPAddress, bool> isBlocked = isPlain ? AddressGuard.IsBlockedInClear : IsBlocked;
        string blocked = isPlain
            ? $"provider {provider.Name}: base_url is http:// and its host resolves only to public or forbidden addresses; use https://"
            : Blocked(provider);
        _transport = new Http1Transport(
            address,
            (server, cancellation) => VettedDial.ConnectAsync(server, isBlocked, blocked, cancellation, provider.Proxy),
            isPlain ? null : TlsNegotiation.With(address.IdnHost, provider.Tls, SslApplicationProtocol.Http11),
            TimeSpan.FromSeconds(limits.UpstreamConnectTimeoutSecs),
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

    /// <summary>The platform's client as it is used for providers; it opens no connection yet.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="limits">How long connecting may take, the handshake of TLS included.</param>
    /// <param name="isBlocked">Says that an address must not be dialled.</param>
    internal static SocketsHttpHandler NewHandler(ProviderConfig provider, LimitsConfig limits, Func<IPAddress, bool> isBlocked)
    {
        string host = new Uri(provider.BaseUrl).IdnHost;
        SocketsHttpHandler handler = VettedDial.NewHandler(
            isBlocked,
            Blocked(provider),
            provider.Proxy,
            TlsNegotiation.With(host, provider.Tls, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11));
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.EnableMultipleHttp2Connections = true;
        handler.ConnectTimeout = TimeSpan.FromSeconds(limits.UpstreamConnectTimeoutSecs);
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
        return handler;
    }

    private static string Blocked(ProviderConfig provider) =>
        $"provider {provider.Name}: its host resolves only to private, loopback or metadata addresses; set allow_private_network: true if that " +
            "is meant";

    private bool IsBlocked(IPAddress address) => AddressGuard.IsBlocked(address, Config.AllowPrivateNetwork);
}

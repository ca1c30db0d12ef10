using System.Net;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Upstream.Http1;

namespace Busbar.Upstream;

/// <summary>
/// The connections to one provider. No redirects, cookies or decompression: what the provider says is what the client
/// gets. HTTP/2 where TLS negotiates it, HTTP/1.1 otherwise. One instance per provider and configuration snapshot.
/// </summary>
internal sealed class UpstreamProvider : IDisposable
{
    private readonly IUpstreamTransport _transport;

    /// <summary>Prepares connections as <paramref name="provider"/> and <paramref name="limits"/> say; opens none.</summary>
    public UpstreamProvider(ProviderConfig provider, LimitsConfig limits, TimeProvider time)
    {
        Config = provider;
        var address = new Uri(provider.BaseUrl);
        TimeSpan connectTimeout = TimeSpan.FromSeconds(limits.UpstreamConnectTimeoutSecs);
        string blocked = $"provider {provider.Name}: its host resolves only to private, loopback or metadata addresses; set allow_private_network: true if that is meant";
        bool IsBlocked(IPAddress address) => AddressGuard.IsBlocked(address, provider.AllowPrivateNetwork);
        if (address.Scheme == Uri.UriSchemeHttp)
        {
            string exposed = $"provider {provider.Name}: base_url is http:// and its host resolves only to public or forbidden addresses; use https://";
            _transport = new Http1Transport(
                address,
                (server, cancellation) => VettedDial.ConnectAsync(server, AddressGuard.IsBlockedInClear, exposed, cancellation, provider.Proxy),
                connectTimeout,
                time,
                limits.PoolMaxIdlePerHost);
            return;
        }

        SocketsHttpHandler handler = VettedDial.NewHandler(IsBlocked, blocked, provider.Proxy);
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.EnableMultipleHttp2Connections = true;
        handler.ConnectTimeout = connectTimeout;
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
        _transport = new HandlerTransport(handler);
    }

    /// <summary>What the provider was configured as.</summary>
    public ProviderConfig Config { get; }

    /// <inheritdoc cref="IUpstreamTransport.SendAsync"/>
    public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation) => _transport.SendAsync(request, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();
}

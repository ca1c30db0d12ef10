using System.Net;
using Busbar.Configuration;

namespace Busbar.Upstream;

/// <summary>
/// The connections to one provider. No redirects, cookies, proxies or decompression: what the provider says is what the client
/// gets. HTTP/2 where TLS negotiates it, HTTP/1.1 otherwise. One instance per provider and configuration snapshot.
/// </summary>
internal sealed class UpstreamProvider : IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Prepares connections as <paramref name="provider"/> and <paramref name="limits"/> say; opens none.</summary>
    public UpstreamProvider(ProviderConfig provider, LimitsConfig limits)
    {
        Config = provider;
        RequestVersion = provider.BaseUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? HttpVersion.Version20 : HttpVersion.Version11;
        SocketsHttpHandler handler = VettedDial.NewHandler(
            address => AddressGuard.IsBlocked(address, provider.AllowPrivateNetwork),
            $"provider {provider.Name}: its host resolves only to private, loopback or metadata addresses; set allow_private_network: true if that is meant");
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.EnableMultipleHttp2Connections = true;
        handler.ConnectTimeout = TimeSpan.FromSeconds(limits.UpstreamConnectTimeoutSecs);
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
        _invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>What the provider was configured as.</summary>
    public ProviderConfig Config { get; }

    /// <summary>HTTP version to ask for; a lower one is accepted.</summary>
    public Version RequestVersion { get; }

    /// <summary>
    /// Sends <paramref name="request"/> and returns when the response headers are in. Throws what the handler throws:
    /// <see cref="HttpRequestException"/> for transport failures, <see cref="OperationCanceledException"/> when cancelled.
    /// </summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation) =>
        _invoker.SendAsync(request, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();
}

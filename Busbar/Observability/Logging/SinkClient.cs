using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Upstream.Dial;
using Busbar.Upstream.Tls;

namespace Busbar.Observability.Logging;

/// <summary>
/// Posts to one receiver of telemetry. No redirects and cookies, and, as for providers, only addresses that pass when the connection is made.
/// </summary>
internal sealed class SinkClient : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly Uri _address;
    private readonly Secret? _authorization;
    private readonly IReadOnlyDictionary<string, Secret> _headers;
    private readonly TimeSpan _limit;

    /// <summary>Prepares posts to <paramref name="address"/> that take <paramref name="limit"/> at most; opens no connection.</summary>
    /// <param name="address">A vetted address, free of credentials.</param>
    /// <param name="authorization">Value of <c>Authorization</c>; null for none.</param>
    /// <param name="limit">Longest time of one post, connecting included.</param>
    /// <param name="allows">The kinds of address that may be dialled.</param>
    /// <param name="handler">What sends instead of the network.</param>
    /// <param name="settings">Headers of each post, of which one may replace the authorization, and the proxy to go through; null for none.</param>
    public SinkClient(Uri address, Secret? authorization, TimeSpan limit, Func<AddressKind, bool> allows, HttpMessageHandler? handler = null,
        SinkSettings? settings = null)
    {
        _address = address;
        _authorization = authorization;
        _limit = limit;
        _headers = settings?.Headers ?? new Dictionary<string, Secret>();
        _invoker = new HttpMessageInvoker(handler ?? VettedDial.NewHandler(
            address => !allows(AddressGuard.Classify(address)),
            "the receiver's host resolves only to addresses that must not be called",
            settings?.Proxy,
            address.Scheme == Uri.UriSchemeHttps ? TlsNegotiation.With(address.IdnHost, settings?.Tls, SslApplicationProtocol.Http11) : null));
    }

    /// <summary>Where it posts to.</summary>
    public Uri Address => _address;

    /// <summary>The host, for the log.</summary>
    public string Host => _address.Host;

    /// <summary>Posts <paramref name="body"/>; the status of the answer, 0 when none came in time.</summary>
    public async Task<int> PostAsync(ReadOnlyMemory<byte> body, string contentType, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TryAddWithoutValidation("User-Agent", $"busbar/{ProductVersion.Text}");
        foreach ((string name, Secret value) in _headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value.Reveal());
        }

        if (_authorization is not null && !request.Headers.Contains("Authorization"))
        {
            request.Headers.TryAddWithoutValidation("Authorization", _authorization.Reveal());
        }

        try
        {
            using HttpResponseMessage response = await _invoker.SendAsync(request, limit.Token).ConfigureAwait(false);
            return (int)response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();
}

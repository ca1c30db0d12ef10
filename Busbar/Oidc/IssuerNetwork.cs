using System.Net.Sockets;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Upstream.Dial;

namespace Busbar.Oidc;

/// <summary>
/// Fetches over HTTP, without redirects and cookies, and from addresses alone that may be called. A connection for each call: they are rare.
/// </summary>
internal sealed class IssuerNetwork : IIssuerNetwork
{
    /// <inheritdoc/>
    public async Task<byte[]> GetAsync(string url, JwtIssuerConfig issuer, int maxBytes, CancellationToken cancellation)
    {
        if (EndpointGuard.Refusal(url, issuer.AllowPrivateNetwork) is { } reason)
        {
            throw new IssuerException($"'{SinkGuard.Mask(url)}' is refused: {reason}");
        }

        var address = new Uri(url);
        using var invoker = new HttpMessageInvoker(VettedDial.NewHandler(
            dialled => !SinkGuard.Allows(address, AddressGuard.Classify(dialled), issuer.AllowPrivateNetwork),
            "the host resolves only to addresses that must not be called",
            issuer.Proxy));
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("User-Agent", $"busbar/{ProductVersion.Text}");
        request.Headers.TryAddWithoutValidation("Accept", "application/json, application/jwk-set+json");
        try
        {
            using HttpResponseMessage response = await invoker.SendAsync(request, cancellation).ConfigureAwait(false);
            if ((int)response.StatusCode != 200)
            {
                throw new IssuerException($"{address.Host} answers {(int)response.StatusCode}");
            }

            using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            using var whole = new MemoryStream();
            byte[] piece = new byte[8192];
            while (await body.ReadAsync(piece, cancellation).ConfigureAwait(false) is > 0 and var read)
            {
                if (whole.Length + read > maxBytes)
                {
                    throw new IssuerException($"{address.Host} sends more than {maxBytes} bytes");
                }

                whole.Write(piece, 0, read);
            }

            return whole.ToArray();
        }
        catch (OperationCanceledException)
        {
            throw new IssuerException($"{address.Host} does not answer in time");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or InvalidOperationException)
        {
            throw new IssuerException($"{address.Host} cannot be called: {exception.Message}");
        }
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Busbar.Upstream;

/// <summary>The platform's HTTP client, for HTTP/2 where TLS negotiates it. No redirects, cookies, proxies or decompression.</summary>
/// <param name="handler">Sends; owned from now on.</param>
internal sealed class HandlerTransport(HttpMessageHandler handler) : IUpstreamTransport
{
    private readonly HttpMessageInvoker _invoker = new(handler);

    /// <inheritdoc/>
    public async ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = new SplicedContent(request),
        };
        foreach (KeyValuePair<string, string> header in request.Headers)
        {
            message.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        HttpResponseMessage response = await _invoker.SendAsync(message, cancellation).ConfigureAwait(false);
        if (HeadOf(response) is { } head)
        {
            return new HandlerResponse(response, head);
        }

        response.Dispose();
        throw new HttpRequestException(HttpRequestError.InvalidResponse, "a header of the provider's answer has no name");
    }

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();

    private static ResponseHead? HeadOf(HttpResponseMessage response)
    {
        var text = new StringBuilder(1024);
        Append(response.Headers.NonValidated, text);
        Append(response.Content.Headers.NonValidated, text);
        return ResponseHead.Parse(text.ToString());
    }

    private static void Append(HttpHeadersNonValidated headers, StringBuilder text)
    {
        foreach (KeyValuePair<string, HeaderStringValues> header in headers)
        {
            foreach (string value in header.Value)
            {
                text.Append(header.Key).Append(": ").Append(value).Append('\n');
            }
        }
    }
}

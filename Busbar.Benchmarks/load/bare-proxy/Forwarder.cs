using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace BareProxy;

/// <summary>Passes every request on as it is: the least that any proxy on this server and this HTTP client does.</summary>
internal sealed class Forwarder(string upstream) : IHttpApplication<IFeatureCollection>
{
    // Of one hop, or set by the client and server themselves.
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "TE", "Upgrade", "Trailer", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding",
    };

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    });

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        IHttpRequestFeature incoming = context.GetRequiredFeature<IHttpRequestFeature>();
        if (incoming.Path == "/healthz")
        {
            return;
        }

        CancellationToken aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        PipeReader reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        ReadResult read = await reader.ReadAsync(aborted);
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(aborted);
        }

        int length = (int)read.Buffer.Length;
        byte[] body = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            read.Buffer.CopyTo(body);
            reader.AdvanceTo(read.Buffer.End);
            using var outgoing = new HttpRequestMessage(new HttpMethod(incoming.Method), upstream + incoming.RawTarget)
            {
                Content = new ByteArrayContent(body, 0, length),
            };
            foreach (var header in incoming.Headers)
            {
                if (!HopByHop.Contains(header.Key) && !outgoing.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString()))
                {
                    outgoing.Content.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString());
                }
            }

            using HttpResponseMessage answer = await _client.SendAsync(outgoing, aborted);
            await Relay(answer, context, aborted);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    private static async Task Relay(HttpResponseMessage answer, IFeatureCollection context, CancellationToken aborted)
    {
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = (int)answer.StatusCode;
        foreach (var header in answer.Headers.NonValidated)
        {
            if (!HopByHop.Contains(header.Key))
            {
                response.Headers[header.Key] = header.Value.ToString();
            }
        }

        foreach (var header in answer.Content.Headers.NonValidated)
        {
            response.Headers[header.Key] = header.Value.ToString();
        }

        PipeWriter writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        Stream source = await answer.Content.ReadAsStreamAsync(aborted);
        bool known = answer.Content.Headers.ContentLength is not null;
        int count;
        while ((count = await source.ReadAsync(writer.GetMemory(4096), aborted)) > 0)
        {
            writer.Advance(count);
            if (!known)
            {
                await writer.FlushAsync(aborted);
            }
        }

        if (known)
        {
            await writer.FlushAsync(aborted);
        }
    }
}

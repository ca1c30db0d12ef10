using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Speaks HTTP/2 with TLS for a scripted provider: what breaks behind it is a stream that is reset.</summary>
internal sealed class Http2Front : IAsyncDisposable
{
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, MaxResponseDrainSize =
        0 };
    private readonly HttpMessageInvoker _behind;
    private readonly WebApplication _server;
    private readonly string _upstream;

    private Http2Front(ScriptedUpstream upstream)
    {
        _behind = new HttpMessageInvoker(_handler);
        _upstream = upstream.Address;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            options.Limits.MinResponseDataRate = null;
            options.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(TestAuthority.Certificate);
            });
        });
        _server = builder.Build();
        _server.Run(PassAsync);
    }

    /// <summary>Its address.</summary>
    public string Address => _server.Urls.Single().TrimEnd('/');

    /// <summary>Starts one in front of <paramref name="upstream"/>.</summary>
    public static async Task<Http2Front> StartAsync(ScriptedUpstream upstream)
    {
        var front = new Http2Front(upstream);
        await front._server.StartAsync();
        return front;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var at = new CancellationTokenSource(TimeSpan.Zero);
        await _server.StopAsync(at.Token);
        await _server.DisposeAsync();
        _behind.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        CancellationToken gone = context.RequestAborted;
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post,
                $"{_upstream}{context.Request.Path.ToUriComponent()}{context.Request.QueryString}");
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, gone);
            message.Content = new ByteArrayContent(body.ToArray());
            foreach ((string name, var values) in context.Request.Headers)
            {
                if (!name.StartsWith(':') && !name.Equals("Host", StringComparison.OrdinalIgnoreCase)
                    && !message.Headers.TryAddWithoutValidation(name, [.. values]))
                {
                    message.Content.Headers.TryAddWithoutValidation(name, [.. values]);
                }
            }

            using HttpResponseMessage answer = await _behind.SendAsync(message, gone);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var header in answer.Headers.Concat(answer.Content.Headers)
                .Where(header => header.Key is not ("Transfer-Encoding" or "Connection" or "Content-Length")))
            {
                context.Response.Headers[header.Key] = header.Value.ToArray();
            }

            context.Response.ContentLength = answer.Content.Headers.ContentLength;
            await context.Response.StartAsync(gone);
            byte[] room = new byte[64 * 1024];
            Stream said = await answer.Content.ReadAsStreamAsync(gone);
            while (await said.ReadAsync(room, gone) is > 0 and int count)
            {
                await context.Response.Body.WriteAsync(room.AsMemory(0, count), gone);
                await context.Response.Body.FlushAsync(gone);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort();
        }
    }
}

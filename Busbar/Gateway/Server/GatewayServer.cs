using System.Text;
using Busbar.Configuration.Model;
using Busbar.Gateway.Attempts;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Busbar.Gateway.Server;

/// <summary>Raw Kestrel without a web host: one listener that takes HTTP/1.1 and HTTP/2, with or without TLS.</summary>
internal static class GatewayServer
{
    /// <summary>
    /// A server for <paramref name="targets"/>, not yet started, whose connections take <paramref name="places"/>; null for no bound.
    /// </summary>
    public static KestrelServer Create(ListenTargets targets, LimitsConfig limits, ILoggerFactory loggers, TlsListener? tls = null,
        ConnectionPlaces? places = null)
    {
        places ??= new ConnectionPlaces(int.MaxValue);
        var options = new KestrelServerOptions
        {
            AddServerHeader = false,
            AllowSynchronousIO = false,

            // HTTP/2 without TLS carries the scheme "http" on a connection that looks encrypted to Kestrel, and the other way round.
            AllowAlternateSchemes = true,

            // Bytes that are no UTF-8 become replacement characters: a credential of such bytes is refused in the client's protocol, and a header
            // that nobody reads harms nobody.
            RequestHeaderEncodingSelector = _ => Encoding.UTF8,
        };

        // The body reader enforces the cap itself, to answer in the client's protocol.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeaderReadTimeoutSecs);

        // And the time, which is a total: a rate alone would let a client take for ever.
        options.Limits.MinRequestBodyDataRate = null;

        // The body is collected here; what waits in front of that is memory spent twice.
        options.Limits.MaxRequestBufferSize = 128 * 1024;

        // A client may take its time to read an answer; what it holds up is its own connection only.
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        options.Limits.MaxRequestLineSize = 16 * 1024;
        targets.AddTo(options, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(places.Middleware);
            if (tls is not null)
            {
                listen.Use(tls.Middleware);
            }
            else
            {
                listen.Use(CleartextHttp2.Middleware(options.Limits.RequestHeadersTimeout));
            }
        });
        return new KestrelServer(Options.Create(options), new PacedTransport(targets.Bind, places, loggers.CreateLogger("busbar")), loggers);
    }
}

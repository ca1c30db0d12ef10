using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Observability.Metrics;
using Busbar.Observability.Stats;
using Busbar.Wire;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>The endpoints the gateway answers itself: health, figures, and the empty root that clients probe.</summary>
internal sealed class LocalEndpoints(Metrics metrics)
{
    private static readonly byte[] Usable = "ok"u8.ToArray();
    private static readonly byte[] Unusable = "no usable lanes"u8.ToArray();
    private static readonly byte[] Draining = "going down"u8.ToArray();

    /// <summary>Whether the process is going down, which <c>/healthz</c> tells.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Answers what needs no credential; false when the request is none of that.</summary>
    public bool TryServeOpen(Exchange exchange)
    {
        switch (exchange.Route.Endpoint)
        {
            case GatewayEndpoint.Health:
                bool usable = exchange.Snapshot.Fleet.IsUsable;
                Write(exchange, usable && !IsDraining ? 200 : 503, "text/plain; charset=utf-8", IsDraining ? Draining : usable ? Usable : Unusable);
                return true;
            case GatewayEndpoint.Live:
                Write(exchange, 200, "text/plain; charset=utf-8", Usable);
                return true;
            case GatewayEndpoint.Root:
                exchange.ResponseHeaders.ContentLength = 0;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Answers <c>/stats</c> and <c>/metrics</c>.</summary>
    public void Serve(Exchange exchange)
    {
        if (exchange.Route.Endpoint == GatewayEndpoint.Metrics)
        {
            string page = metrics.Render(exchange.Snapshot.Fleet, ProcessGauges.Read());
            byte[] body = Encoding.UTF8.GetBytes(page);
            exchange.ResponseHeaders.Vary = "Accept-Encoding";
            if (AcceptedCodings.Has(exchange.RequestHeaders.AcceptEncoding.ToString(), "gzip"))
            {
                exchange.ResponseHeaders.ContentEncoding = "gzip";
                body = Compressed(body);
            }

            Write(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", body);
        }
        else
        {
            Stats stats = Stats.Of(exchange.Snapshot.Fleet, exchange.Snapshot.Identities?.All);
            Write(exchange, 200, "application/json", JsonSerializer.SerializeToUtf8Bytes(stats, StatsJson.Default.Stats));
        }
    }

    private static byte[] Compressed(byte[] page)
    {
        using var output = new MemoryStream(page.Length / 8);
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(page);
        }

        return output.ToArray();
    }

    // The pipe is flushed by Kestrel when the request ends; these bodies fit its buffers.
    private static void Write(Exchange exchange, int status, string contentType, ReadOnlySpan<byte> body)
    {
        exchange.Status = status;
        exchange.ResponseHeaders.ContentType = contentType;
        exchange.ResponseHeaders.ContentLength = body.Length;
        if (exchange.Method != HttpMethods.Head)
        {
            exchange.Output.Append(body);
        }
    }
}

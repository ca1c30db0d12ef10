using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Protocols;
using Busbar.Upstream;

namespace Busbar.Gateway.Relay;

/// <summary>Steps 8 and 9: holds an upstream answer until its first content, then relays it, in the form it has and the client's protocol.</summary>
internal static class ResponseRelay
{
    /// <summary>Most bytes of an answer that are held back while a failover is still possible.</summary>
    public const int HoldLimit = 64 * 1024;

    /// <summary>Most bytes of an answer that are read on after its client has left, where that is wanted at all.</summary>
    public const int DrainLimit = 16 * 1024 * 1024;

    /// <summary>Relays a 2xx answer. Transport failures before anything reached the client are thrown; later ones are dealt with here.</summary>
    public static ValueTask<AttemptResult> RelayAsync(Attempt attempt)
    {
        bool streamed = IsStream(attempt.Response.Head);
        if (!streamed && attempt.Exchange.Early.IsUsed)
        {
            return RelayWholeAsync(attempt);
        }

        return RelayAsync(attempt, streamed);
    }

    // A client that waits for a stream may have the head of one by now; a whole answer must then be made a stream.
    private static async ValueTask<AttemptResult> RelayWholeAsync(Attempt attempt)
    {
        await attempt.Exchange.Early.EndAsync().ConfigureAwait(false);
        attempt.Exchange.Timer.Extend(attempt.BodyTime());
        return await (attempt.Exchange.Early.IsOpen && !attempt.IsTranslated ? WholeRelay.TranslateAsync(attempt.ToReframe())
            : RelayAsync(attempt, streamed: false)).ConfigureAwait(false);
    }

    private static ValueTask<AttemptResult> RelayAsync(Attempt attempt, bool streamed)
    {
        if (streamed && !attempt.Exchange.Streams && attempt.Exchange.Route.Operation == Operation.Chat)
        {
            return WholeRelay.AssembleAsync(attempt.ToReframe());
        }

        if (!attempt.IsTranslated)
        {
            // An array was asked for, which does not look like a stream.
            if (streamed || attempt.Exchange.WantsJsonArray)
            {
                return StreamRelay.RunAsync(attempt, Passed(attempt));
            }

            // Clients of a binary stream cannot read anything else; the others recognise JSON.
            return attempt.Exchange.Streams && attempt.Response.Status == 200 && attempt.Exchange.Ingress.HasBinaryStream
                && attempt.Exchange.Route.Operation == Operation.Chat
                ? WholeRelay.TranslateAsync(attempt.ToReframe())
                : WholeRelay.PassAsync(attempt);
        }

        return streamed && attempt.Exchange.Streams
            ? StreamRelay.RunAsync(attempt, new TranslatedStream(attempt))
            : WholeRelay.TranslateAsync(attempt);
    }

    /// <summary>
    /// Decides status and headers of the answer: from here on the request belongs to this lane, though the answer may still break off.
    /// </summary>
    public static void Commit(Attempt attempt, string? contentType, long? contentLength, bool streamed)
    {
        Exchange exchange = attempt.Exchange;
        if (!exchange.Early.IsOpen)
        {
            exchange.Status = attempt.IsTranslated ? 200 : attempt.Response.Status;
            if (attempt.IsNative)
            {
                HeaderPolicy.CopyResponse(attempt.Response.Head, exchange.ResponseHeaders);
            }

            HeaderPolicy.NameRequest(exchange);
            exchange.ResponseHeaders.ContentLength = contentLength;
            if (streamed)
            {
                HeadStream(exchange, contentType);
            }
            else
            {
                exchange.ResponseHeaders.ContentType = contentType;
            }
        }

        exchange.MarkHeaders(attempt.Lease.Lane.Name);
        exchange.Outcome = exchange.ClientGone.IsCancellationRequested ? Observability.Metrics.Outcome.ClientError : Observability.Metrics.Outcome.Ok;
        attempt.Lease.Begun();
    }

    /// <summary>Sets the headers that every stream has.</summary>
    public static void HeadStream(Exchange exchange, string? contentType)
    {
        exchange.ResponseHeaders.ContentType = contentType;

        // Proxies between here and the client must pass events on as they come.
        exchange.ResponseHeaders.CacheControl = "no-cache";
        exchange.ResponseHeaders["X-Accel-Buffering"] = "no";
    }

    /// <summary>Whether the answer is, or is to become, one body.</summary>
    public static bool IsWhole(Attempt attempt) =>
        !attempt.Exchange.Streams || !(IsStream(attempt.Response.Head) || attempt.Exchange.WantsJsonArray);

    private static IRelayedStream Passed(Attempt attempt)
    {
        if (attempt.Endpoint.Protocol.HasBinaryStream != attempt.Exchange.Ingress.HasBinaryStream)
        {
            return new ReframedStream(attempt);
        }

        var passed = new PassthroughStream(attempt);
        return attempt.HidesUsage ? new UsageHidingStream(passed, attempt.Endpoint.Protocol.NewUsageFilter()) : passed;
    }

    private static bool IsStream(ResponseHead head) =>
        head.TryGet("Content-Type", out ReadOnlySpan<char> type)
        && (type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/vnd.amazon.eventstream", StringComparison.OrdinalIgnoreCase));
}

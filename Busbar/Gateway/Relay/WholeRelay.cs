using System.Globalization;
using System.Runtime.CompilerServices;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Memory;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Response;
using Busbar.Reliability;
using Busbar.Reliability.Faults;
using Busbar.Upstream;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// Relays answers that are one body. A body that fits the hold is complete before the client sees any of it, so a cut in it is a failover.
/// </summary>
internal static class WholeRelay
{
    private const int ReadSize = 16 * 1024;
    private const int ChargedStep = 256 * 1024;
    private const int TranslateLimit = 32 * 1024 * 1024;

    /// <summary>Passes a same-protocol body on, byte for byte.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<AttemptResult> PassAsync(Attempt attempt)
    {
        Exchange exchange = attempt.Exchange;
        using var body = new PooledBuffer(ReadSize);
        bool ended = await FillAsync(attempt, body, ResponseRelay.HoldLimit).ConfigureAwait(false);
        if (ended && InBandError.Of(attempt, body.Memory) is { } error)
        {
            AttemptResult failed = attempt.Fail(FaultClassifier.Classify(error, attempt.Lease.Lane.Provider.ErrorMap), error.Error);
            return failed.Reason == FailoverReason.HardDown || !attempt.IsNative ? failed : failed with
                {
                    Native = new NativeAnswer(attempt, body.Span, failed.End == AttemptEnd.Refused ? Outcome.ClientError : Outcome.Error),
                };
        }

        if (!ReadableAnswer.Is(attempt, body, ended))
        {
            return attempt.Fail(FaultClass.ServerError, default);
        }

        if (exchange.Route.Operation == Operation.CountTokens && !attempt.IsNative && !TryReframeCount(attempt, body))
        {
            return attempt.Fail(FaultClass.ServerError, default);
        }

        // An answer such as 204 must have neither a body nor a length.
        long? length = !ended ? LengthOf(attempt.Response) : body.Length > 0 ? body.Length : null;
        ResponseRelay.Commit(attempt, HeaderPolicy.ContentTypeOf(attempt.Response.Head), length, streamed: false);
        if (!ended)
        {
            return await PassRestAsync(attempt, body).ConfigureAwait(false);
        }

        attempt.Lease.Succeeded();
        if (StoredResponseRouting.IsKept(attempt))
        {
            StoredResponseRouting.Remember(attempt, body.Memory);
        }

        if (StoredIds.AreOwned(attempt))
        {
            StoredIds.Remember(attempt, body.Memory);
        }

        exchange.Usage = attempt.Endpoint.Protocol.ReadUsage(body.Memory);
        if (!exchange.Usage.IsReported && exchange.Route.Operation == Operation.Invoke)
        {
            exchange.Usage = InvocationCounts.Of(attempt.Response.Head);
        }

        MeterUnreported(attempt, body);
        attempt.Span?.Answered(attempt, body.Memory);

        KeyCharge.Settle(exchange);
        if (body.Length > 0)
        {
            attempt.EndCall();
            await ClientOutput.WriteAsync(exchange, body.Memory).ConfigureAwait(false);
        }

        return AttemptResult.Answered;
    }

    /// <summary>
    /// Reads the whole body and writes it in the client's protocol, as one body or, where the client asked for a stream, as a stream.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<AttemptResult> TranslateAsync(Attempt attempt)
    {
        Exchange exchange = attempt.Exchange;
        using var body = new PooledBuffer(ReadSize);
        try
        {
            if (!await FillChargedAsync(attempt, body).ConfigureAwait(false))
            {
                return attempt.Fail(FaultClass.ServerError, default);
            }
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception) && exception is not OperationCanceledException)
        {
            AttemptResult cut = attempt.Fail(FaultClass.Network, default);
            return cut with { Final = new GatewayError(ErrorKind.BadGateway) };
        }

        await attempt.ChargeAsync(Expansion.Of(body.Span), exchange.Timer.Token).ConfigureAwait(false);
        await exchange.Work.TakeAsync(exchange, body.Length).ConfigureAwait(false);
        attempt.Span?.Answered(attempt, body.Memory);
        using ChatResponse response = ChatResponse.Rent();
        using var output = new PooledBuffer(body.Length + 512);
        TranslationContext context = attempt.Translation!;
        ResponseIdentity identity = IdentityOf(attempt);
        if (!ResponseTranslation.TryRead(body.Memory, attempt.Endpoint.Protocol, response))
        {
            return attempt.Fail(FaultClass.ServerError, default);
        }

        if (response.Failure is { } failure)
        {
            return attempt.Fail(failure);
        }

        exchange.Usage = response.Usage.In(response.ServiceTier);
        MeterUnreported(attempt, body);
        if (exchange.Streams)
        {
            using var streamed = new TranslatedStream(attempt);
            streamed.Feed(response);
            await exchange.Early.EndAsync().ConfigureAwait(false);
            ResponseRelay.Commit(attempt, exchange.StreamContentType, null, streamed: true);
            attempt.Lease.Succeeded();
            KeyCharge.Settle(exchange);
            attempt.EndCall();
            await ClientOutput.WriteAsync(exchange, streamed.Fresh).ConfigureAwait(false);
            return AttemptResult.Answered;
        }

        if (!ResponseTranslation.TryWrite(response, exchange.Ingress, context, identity, output))
        {
            return attempt.Fail(FaultClass.ServerError, default);
        }

        if (response.Failure is { } late)
        {
            return attempt.Fail(late);
        }

        if (attempt.KeptInput is { } input)
        {
            KeptAnswers.Keep(exchange, input, output.Memory);
        }

        ResponseRelay.Commit(attempt, "application/json", output.Length, streamed: false);
        attempt.Lease.Succeeded();
        KeyCharge.Settle(exchange);
        attempt.EndCall();
        await ClientOutput.WriteAsync(exchange, output.Memory).ConfigureAwait(false);
        return AttemptResult.Answered;
    }

    /// <summary>
    /// Puts a stream that nobody asked for together to the whole answer that was asked for; where that cannot be done, the lane has failed.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<AttemptResult> AssembleAsync(Attempt attempt)
    {
        Exchange exchange = attempt.Exchange;
        TranslationContext context = attempt.Translation!;
        using ChatResponse response = ChatResponse.Rent();
        response.Charge(new Allowance(TranslateLimit, exchange.ClientGone));
        using var whole = new EventsAsWhole(attempt.Endpoint.Protocol, response);
        using IFramer framer = attempt.Endpoint.Protocol.NewFramer();
        bool isFit = true;
        int total = 0;
        int charged = 0;
        var breather = default(Breather);
        for (int read = 1; read > 0 && isFit && total <= TranslateLimit && !whole.IsComplete;)
        {
            read = await attempt.Response.ReadAsync(framer.GetMemory(ReadSize), exchange.Timer.Token).ConfigureAwait(false);
            exchange.Timer.Extend(attempt.BodyTime());
            total += read;
            if (breather.IsDue(read))
            {
                await Task.Yield();
            }

            for (; charged < total; charged += ChargedStep)
            {
                await attempt.ChargeAsync(ChargedStep * (1 + Allowance.PerByte), exchange.Timer.Token).ConfigureAwait(false);
            }

            framer.Advance(read);
            if (read == 0)
            {
                framer.Complete();
            }

            FrameResult result = FrameResult.NeedMore;
            while (isFit && (result = framer.TryRead(out Frame frame)) == FrameResult.Frame)
            {
                isFit = Feed(whole, frame, ref context.Losses);
            }

            isFit &= result is FrameResult.NeedMore or FrameResult.Frame
                || (read == 0 && result != FrameResult.TooLarge && result != FrameResult.Corrupt);
        }

        if (!isFit || !whole.Complete(ref context.Losses))
        {
            return attempt.Fail(FaultClass.ServerError, default);
        }

        if (response.Failure is { } failure)
        {
            return attempt.Fail(failure);
        }

        using var output = new PooledBuffer();
        ResponseAdapter.Prepare(response, context);
        exchange.Ingress.WriteResponse(response, IdentityOf(attempt), new JsonWriter(output), ref context.Losses);
        exchange.Usage = response.Usage.In(response.ServiceTier);
        MeterUnreported(attempt, output);
        ResponseRelay.Commit(attempt, "application/json", output.Length, streamed: false);
        attempt.Lease.Succeeded();
        KeyCharge.Settle(exchange);
        attempt.EndCall();
        await ClientOutput.WriteAsync(exchange, output.Memory).ConfigureAwait(false);
        return AttemptResult.Answered;
    }

    // A count is the same in all frames of a protocol, but not its name.
    private static bool TryReframeCount(Attempt attempt, PooledBuffer body)
    {
        if (attempt.Endpoint.Protocol.ReadCount(body.Memory) is not { } tokens)
        {
            return false;
        }

        body.Clear();
        attempt.Exchange.Ingress.WriteCount(tokens, new JsonWriter(body));
        return true;
    }

    // What is beyond its allowance is no answer.
    private static bool Feed(EventsAsWhole whole, in Frame frame, ref Losses losses)
    {
        try
        {
            return whole.Feed(frame, ref losses);
        }
        catch (AllowanceException)
        {
            return false;
        }
    }

    // The body is larger than the hold: the client gets it as it comes, and a cut can only be shown by cutting the connection.
    private static async ValueTask<AttemptResult> PassRestAsync(Attempt attempt, PooledBuffer body)
    {
        Exchange exchange = attempt.Exchange;
        int drained = 0;
        var breather = default(Breather);
        exchange.Output.Append(body.Span);
        try
        {
            while (true)
            {
                bool isThere = await StreamRelay.FlushAsync(exchange).ConfigureAwait(false);
                if (!isThere)
                {
                    exchange.Outcome = Outcome.ClientError;
                    if (!exchange.Timer.Drains || drained > ResponseRelay.DrainLimit)
                    {
                        return Left(attempt, body);
                    }
                }

                exchange.Timer.Extend(attempt.BodyTime());
                Memory<byte> room = exchange.Output.GetMemory(ReadSize);
                int read = await attempt.Response.ReadAsync(room, exchange.Timer.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                // Usage stands at the end of a body, so it is kept for the tap as far as a body may be translated at all.
                if (body.Length + read <= TranslateLimit && exchange.Memory.TryTake(read))
                {
                    body.Write(room.Span[..read]);
                }
                else
                {
                    exchange.UsageIsLost = true;
                }

                drained += isThere ? 0 : read;
                exchange.Output.Advance(read);
                if (breather.IsDue(read))
                {
                    await Task.Yield();
                }
            }
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
        {
            if (exchange.ClientGone.IsCancellationRequested)
            {
                return Left(attempt, body);
            }

            if (exchange.Timer.IsCut)
            {
                exchange.Reason = RequestLog.Shutdown;
                attempt.Lease.Pass();
            }
            else
            {
                attempt.Lease.Failed(exception is OperationCanceledException ? FaultClass.Timeout : FaultClass.Network);
                exchange.Failed(attempt.Lease, "interrupted", attempt.Response.Status, default);
            }

            attempt.Lease.RefundBudget();
            exchange.Outcome = Outcome.Error;
            exchange.Abort();
            return AttemptResult.Answered;
        }

        if (!exchange.UsageIsLost)
        {
            exchange.Usage = attempt.Endpoint.Protocol.ReadUsage(body.Memory);
        }

        MeterUnreported(attempt, body);
        if (exchange.Outcome == Outcome.ClientError)
        {
            return AttemptResult.ClientLeft;
        }

        attempt.Lease.Succeeded();
        return AttemptResult.Answered;
    }

    private static AttemptResult Left(Attempt attempt, PooledBuffer body)
    {
        MeterUnreported(attempt, body);
        attempt.Exchange.Outcome = Outcome.ClientError;
        return AttemptResult.ClientLeft;
    }

    private static void MeterUnreported(Attempt attempt, PooledBuffer body)
    {
        if (!attempt.Exchange.Usage.IsReported && attempt.Exchange.Reservation.IsOpen)
        {
            var meter = new TextMeter(attempt.Endpoint.Protocol.Id, isStream: false);
            meter.Add(body.Span);
            attempt.Exchange.DeliveredText = meter.Bytes;
        }
    }

    private static ResponseIdentity IdentityOf(Attempt attempt) => new(
        attempt.Exchange.Ingress.NewResponseId(),
        attempt.Exchange.Snapshot.Time.GetUtcNow().ToUnixTimeSeconds(),
        attempt.Endpoint.Target.WireModelText,
        (long)attempt.Exchange.Elapsed.TotalMilliseconds);

    private static long? LengthOf(UpstreamResponse response) =>
        response.Head.TryGet("Content-Length", out ReadOnlySpan<char> text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long length) ? length : null;

    // As FillAsync, as far as an answer is translated at all, and with the memory for it.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FillChargedAsync(Attempt attempt, PooledBuffer body)
    {
        for (int step = ChargedStep; ; step = Math.Min(TranslateLimit, body.Length + ChargedStep))
        {
            await attempt.ChargeAsync(ChargedStep, attempt.Exchange.Timer.Token).ConfigureAwait(false);
            bool ended = await FillAsync(attempt, body, step).ConfigureAwait(false);
            if (ended || body.Length > TranslateLimit)
            {
                return ended;
            }
        }
    }

    // True when the body ended within the limit.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FillAsync(Attempt attempt, PooledBuffer body, int limit)
    {
        CallTimer timer = attempt.Exchange.Timer;
        var breather = default(Breather);
        while (body.Length <= limit)
        {
            int read = await attempt.Response.ReadAsync(body.GetMemory(ReadSize), timer.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return true;
            }

            body.Advance(read);
            timer.Extend(attempt.BodyTime());
            if (breather.IsDue(read))
            {
                await Task.Yield();
            }
        }

        return false;
    }
}

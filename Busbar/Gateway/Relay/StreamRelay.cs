using System.Runtime.CompilerServices;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols.Translation.Response;
using Busbar.Reliability;
using Busbar.Reliability.Faults;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// Moves a stream from provider to client. Until the first content everything is held back, so that an error or an end in the protocol's
/// prelude is a failover like any other; from then on each read is one write.
/// </summary>
internal static class StreamRelay
{
    private const int ReadSize = 4096;

    // After the provider's terminal, or its error, only the end of its body is still to come; it must not keep the client waiting.
    private static readonly TimeSpan TailLimit = TimeSpan.FromSeconds(2);

    /// <summary>Runs the stream to its end. Disposes <paramref name="body"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<AttemptResult> RunAsync(Attempt attempt, IRelayedStream body)
    {
        using (body)
        {
            using var held = new PooledBuffer(4096);
            if (await HoldAsync(attempt, body, held).ConfigureAwait(false) is { } failover)
            {
                return failover;
            }

            await attempt.Exchange.Early.EndAsync().ConfigureAwait(false);
            string contentType = attempt.IsNative
                ? HeaderPolicy.ContentTypeOf(attempt.Response.Head) ?? attempt.Exchange.StreamContentType
                : attempt.Exchange.StreamContentType;
            ResponseRelay.Commit(attempt, contentType, null, streamed: true);
            attempt.Exchange.Output.Append(held.Span);
            held.Clear();
            held.Release();
            attempt.ReleaseSent();
            attempt.Exchange.KeepAlive.Start(attempt.Exchange, body,
                TimeSpan.FromSeconds(attempt.Exchange.Snapshot.Config.Limits.StreamKeepaliveSecs));
            try
            {
                await PumpAsync(attempt, body).ConfigureAwait(false);
            }
            finally
            {
                attempt.Exchange.KeepAlive.Stop();
            }

            attempt.Exchange.Usage = body.Usage;

            // What the provider says at its end is not to be doubted for the sake of an estimate.
            attempt.Exchange.DeliveredText = body.IsComplete && body.Usage.IsReported ? 0 : body.DeliveredText;
            return attempt.Exchange.Outcome == Outcome.ClientError ? AttemptResult.ClientLeft : AttemptResult.Answered;
        }
    }

    // 8. Hold: null when the answer has begun; otherwise why the request moves on.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<AttemptResult?> HoldAsync(Attempt attempt, IRelayedStream body, PooledBuffer held)
    {
        bool firstByte = attempt.Lease.Pool.Config.Commit == Configuration.Model.Pools.CommitMode.FirstByte;
        while (true)
        {
            await attempt.Response.WaitAsync(attempt.Exchange.Timer.Token).ConfigureAwait(false);
            int read = await attempt.Response.ReadAsync(body.Framer.GetMemory(ReadSize), attempt.Exchange.Timer.Token).ConfigureAwait(false);
            FrameResult result;
            if (read == 0)
            {
                result = body.Complete();
            }
            else
            {
                body.Framer.Advance(read);
                attempt.Span?.Streamed(attempt, body.Framer.LastAdvanced);
                result = body.Take();
            }

            held.Write(body.Fresh.Span);
            body.Sent();
            // First of all, since content that came together with it has not reached the client either.
            if (body.Error is { } error)
            {
                AttemptResult failed = attempt.Fail(FaultClassifier.Classify(error, attempt.Lease.Lane.Provider.ErrorMap), error.Error);
                if (!body.HasContent || !attempt.IsNative)
                {
                    return failed;
                }

                if (read > 0 && result == FrameResult.NeedMore)
                {
                    await HoldTailAsync(attempt, body, held).ConfigureAwait(false);
                }

                return failed with { Native = new NativeAnswer(
                    attempt, held.Span, failed.End == AttemptEnd.Refused ? Outcome.ClientError : Outcome.Error) };
            }

            if (body.HasContent || body.IsComplete || (firstByte && held.Length > 0))
            {
                return null;
            }

            if (read == 0 || result != FrameResult.NeedMore)
            {
                // The stream ended, or broke, before it had said anything.
                return attempt.Fail(read == 0 ? FaultClass.Network : FaultClass.ServerError, default);
            }

            if (held.Length > ResponseRelay.HoldLimit)
            {
                return null;
            }
        }
    }

    // What the provider says after its error belongs to its answer, should that be the one the client gets.
    private static async ValueTask HoldTailAsync(Attempt attempt, IRelayedStream body, PooledBuffer held)
    {
        attempt.Exchange.Timer.Arm(TailLimit);
        try
        {
            int read = 1;
            FrameResult result = FrameResult.NeedMore;
            while (read > 0 && result == FrameResult.NeedMore && held.Length <= ResponseRelay.HoldLimit)
            {
                read = await attempt.Response.ReadAsync(body.Framer.GetMemory(ReadSize), attempt.Exchange.Timer.Token).ConfigureAwait(false);
                body.Framer.Advance(read);
                result = read == 0 ? body.Complete() : body.Take();
                held.Write(body.Fresh.Span);
                body.Sent();
            }
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
        {
            // What was read until then is all there is.
        }
    }

    // 9. Relay.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask PumpAsync(Attempt attempt, IRelayedStream body)
    {
        Exchange exchange = attempt.Exchange;
        TimeSpan idle = TimeSpan.FromSeconds(exchange.Snapshot.Config.Limits.UpstreamIdleTimeoutSecs);
        bool ended = false;
        bool isOver = false;
        bool delivered = false;
        FaultClass? fault = null;
        var breather = default(Breather);
        while (true)
        {
            // A failed flush tells that the client has left, before the lifetime's token may have heard of it.
            if (!await FlushAsync(exchange).ConfigureAwait(false))
            {
                if (delivered)
                {
                    break;
                }

                exchange.Outcome = Outcome.ClientError;
                if (exchange.Timer.Drains && !ended && fault is null)
                {
                    await DrainAsync(attempt, body, idle).ConfigureAwait(false);
                }

                return;
            }

            delivered = body.IsComplete || fault is not null;
            if (isOver)
            {
                break;
            }

            exchange.Timer.Extend(body.IsComplete || body.Error is not null ? TailLimit : idle);
            int read;
            body.Framer.Rest();
            exchange.KeepAlive.Allow();
            try
            {
                // Most of a stream's time passes here, and no buffer is held for it.
                await attempt.Response.WaitAsync(exchange.Timer.Token).ConfigureAwait(false);
                read = await attempt.Response.ReadAsync(body.Framer.GetMemory(ReadSize), exchange.Timer.Token).ConfigureAwait(false);
                if (breather.IsDue(read))
                {
                    await Task.Yield();
                }

                await exchange.KeepAlive.SuspendAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
            {
                await exchange.KeepAlive.SuspendAsync().ConfigureAwait(false);
                // Silence after the terminal is a provider that leaves its connection open; a broken connection is an answer that lacks its last
                // words.
                bool isOpen = exception is OperationCanceledException;
                if (exchange.ClientGone.IsCancellationRequested || (isOpen ? body.IsComplete : body.IsLast) || body.Error is not null)
                {
                    break;
                }

                isOver = true;
                fault = exchange.Timer.IsCut ? FaultClass.Gateway : isOpen ? FaultClass.Timeout : FaultClass.Network;
                body.Fail(Interrupted(fault.Value));
                Write(exchange, body);
                continue;
            }

            FrameResult result;
            if (read == 0)
            {
                ended = true;
                result = body.Complete();
            }
            else
            {
                body.Framer.Advance(read);
                result = body.Take();
            }

            Write(exchange, body);
            bool isBroken = result is FrameResult.TooLarge or FrameResult.Corrupt;
            isOver = ended || isBroken;
            if (body.Error is { } error)
            {
                // What was the last word of a translated answer may be followed by more in the provider's own.
                isOver |= !attempt.IsNative;
                fault ??= FaultClassifier.Classify(error, attempt.Lease.Lane.Provider.ErrorMap);
                body.Fail(ErrorMapping.FromStream(error));
            }
            else if (isBroken || (ended && !body.IsComplete))
            {
                fault = ended ? FaultClass.Network : FaultClass.ServerError;
                body.Fail(Interrupted(fault.Value));
            }

            Write(exchange, body);
        }

        // Clients may hang up as soon as they have the terminal, or the error, which is the provider's all the same.
        if (exchange.ClientGone.IsCancellationRequested && !delivered)
        {
            exchange.Outcome = Outcome.ClientError;
        }
        else if (fault is not null)
        {
            exchange.Outcome = Outcome.Error;
            Charge(attempt.Lease, fault.Value);
            if (fault == FaultClass.Gateway && exchange.Timer.IsCut)
            {
                exchange.Reason = RequestLog.Shutdown;
                return;
            }

            // The same word whether the error came with the answer's first words or after them.
            (string reason, ProviderError said) = body.Error is { } error ? (Metrics.LabelOf(fault.Value), error.Error) : ("interrupted", default);
            exchange.Failed(attempt.Lease, reason, attempt.Response.Status, said);
        }
        else
        {
            attempt.Lease.Succeeded();
        }
    }

    // The client has left, and the rest is read for what it says of its cost. Nobody is blamed however it ends.
    private static async ValueTask DrainAsync(Attempt attempt, IRelayedStream body, TimeSpan idle)
    {
        Exchange exchange = attempt.Exchange;
        var breather = default(Breather);
        try
        {
            for (int drained = 0; drained < ResponseRelay.DrainLimit && body.Error is null;)
            {
                exchange.Timer.Extend(body.IsComplete ? TailLimit : idle);
                int read = await attempt.Response.ReadAsync(body.Framer.GetMemory(ReadSize), exchange.Timer.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    body.Complete();
                    return;
                }

                if (breather.IsDue(read))
                {
                    await Task.Yield();
                }

                drained += read;
                body.Framer.Advance(read);
                if (body.Take() != FrameResult.NeedMore)
                {
                    return;
                }

                body.Sent();
            }
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
        {
            // What was read until then is all that is known.
        }
    }

    // One failure and no success, whatever came before it.
    private static void Charge(LaneLease lease, FaultClass fault)
    {
        switch (FaultDispositions.Of(fault))
        {
            case FaultDisposition.ClientFault:
                lease.ClientFault();
                break;
            case FaultDisposition.ContextLength or FaultDisposition.Nobody:
                lease.Pass();
                break;
            case FaultDisposition.HardDown:
                lease.Failed(FaultClass.ServerError);
                break;
            default:
                lease.Failed(fault);
                break;
        }
    }

    private static GatewayError Interrupted(FaultClass fault) =>
        fault == FaultClass.Timeout ? new GatewayError(ErrorKind.Timeout) : ErrorMapping.Interrupted;

    private static void Write(Exchange exchange, IRelayedStream body)
    {
        if (!body.Fresh.IsEmpty)
        {
            exchange.Output.Append(body.Fresh.Span);
            exchange.KeepAlive.Wrote();
        }

        body.Sent();
    }

    /// <summary>Sends what was written; false when the client is gone. A slow client stops the clock: its slowness is not the provider's.</summary>
    public static ValueTask<bool> FlushAsync(Exchange exchange)
    {
        ValueTask<bool> flush = ClientOutput.FlushAsync(exchange);
        if (!flush.IsCompleted)
        {
            exchange.Timer.Disarm();
        }

        return flush;
    }
}

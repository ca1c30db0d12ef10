using System.Runtime.CompilerServices;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Gateway.Admission;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Gateway.Work;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Busbar.Upstream;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Steps 5 to 9 of a request's way: pick a lane, call it, judge what came back, and either relay it or go on to the next lane, until the
/// client has its answer or nothing is left. Nothing reaches the client before an attempt is sure to have content for it.
/// </summary>
internal sealed class AttemptLoop(Metrics metrics, RequestLog log)
{
    private readonly CallJudge _judge = new(metrics, log);

    /// <summary>
    /// Serves <paramref name="exchange"/> from <paramref name="pool"/> and its fallbacks. On return the client has an answer, or is gone.
    /// </summary>
    public ValueTask RunAsync(Exchange exchange, Pool pool) =>
        exchange.Route.Operation == Operation.Chat && exchange.Snapshot.ChainOf(pool).Hedges ? RunHedgedAsync(exchange, pool)
            : RunAsync(exchange, pool, hedge: null);

    private async ValueTask RunHedgedAsync(Exchange exchange, Pool pool)
    {
        var hedge = new Hedge(exchange, metrics);
        await using (hedge.ConfigureAwait(false))
        {
            await RunAsync(exchange, pool, hedge).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunAsync(Exchange exchange, Pool pool, Hedge? hedge)
    {
        LaneSearch search = exchange.Search;
        KeptAnswers.Resolve(exchange);
        search.Begin(exchange, pool, metrics);
        while (true)
        {
            exchange.Work.End();

            // 5. Select: the pool's strategy over the ready lanes, then permit and probe.
            LaneLease? lease = hedge?.Other is { } running && search.Left > TimeSpan.Zero ? running
                : await SelectAsync(search, exchange).ConfigureAwait(false);
            if (lease is null)
            {
                if (search.IsOver)
                {
                    break;
                }

                if (search.TryFallback())
                {
                    continue;
                }

                lease = TakeLastResort(search, exchange);
                if (lease is null)
                {
                    break;
                }
            }

            if (hedge?.Other is null && !await PrepareAsync(search, exchange, lease).ConfigureAwait(false))
            {
                continue;
            }

            TimeSpan left = search.Left;
            if (left <= TimeSpan.Zero)
            {
                // Used up while a body was prepared or a lane was waited for: no lane is charged for a call that had no time.
                if (hedge?.Other is null)
                {
                    lease.Dispose();
                }

                break;
            }

            // 6. Attempt, 7. classify, 8. hold, 9. relay.
            AttemptResult result = await CallAsync(search, exchange, lease, left, hedge).ConfigureAwait(false);
            if (result.End is AttemptEnd.Answered or AttemptEnd.ClientLeft)
            {
                return;
            }

            // Of two calls the one that ended first was judged, which may be the later one.
            if (!search.GoesOn(result, hedge?.Judged ?? lease))
            {
                break;
            }
        }

        hedge?.GiveUpOther();
        await EndAsync(search, exchange).ConfigureAwait(false);
    }

    // Nothing is left to try.
    private async ValueTask EndAsync(LaneSearch search, Exchange exchange)
    {
        AttemptResult? last = search.Last;
        if (exchange.ClientGone.IsCancellationRequested)
        {
            exchange.Outcome = Outcome.ClientError;
        }
        else if (exchange.Route.Operation == Operation.CountTokens)
        {
            await TokenCount.EstimateAsync(exchange, search.Pool, log).ConfigureAwait(false);
        }
        else if (!search.CanServe)
        {
            await ErrorReply.WriteAsync(exchange, ModelNotFound.Incapable(exchange.Route, search.Pool.Name)).ConfigureAwait(false);
        }
        else if (last?.Native is { } native)
        {
            await native.WriteAsync(exchange).ConfigureAwait(false);
        }
        else if (last?.Final is { } final)
        {
            await ErrorReply.WriteAsync(exchange, final, final.Kind == ErrorKind.Unavailable ? 1 : 0).ConfigureAwait(false);
        }
        else if (!search.HasRoom)
        {
            await ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.ContextLength)).ConfigureAwait(false);
        }
        else
        {
            await ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.Unavailable), search.RetryAfterSeconds()).ConfigureAwait(false);
        }
    }

    // Null when the pool gives no lane: none is ready, or the time or its calls are used up.
    private static async ValueTask<LaneLease?> SelectAsync(LaneSearch search, Exchange exchange)
    {
        if (search.Left <= TimeSpan.Zero || !search.MayCall)
        {
            return null;
        }

        if (exchange.BodyLength >= WorkGate.LargeBytes && search.Pick.PreparedLane is null && search.Pool.Likely(search.Pick) is { } likely)
        {
            // What takes long is done before a lane is held for it.
            await exchange.Prepared.PrepareAsync(exchange.Snapshot.EndpointOf(likely)).ConfigureAwait(false);
            search.Pick.PreparedLane = likely.Index;
        }

        // Where every ready lane is busy, a pool with a fallback hands the request on at once, any other lets it wait.
        return search.Pool.TryPick(search.Pick, out LaneLease? lease) == PickResult.Saturated && !search.HasFallback
            ? await WaitAsync(search, exchange).ConfigureAwait(false)
            : lease;
    }

    private static async ValueTask<LaneLease?> WaitAsync(LaneSearch search, Exchange exchange)
    {
        // Who waits for a lane waits for its answer all the same.
        exchange.Early.Start(exchange);
        PickRequest pick = search.Pick;
        pick.Turn = CallerShare.Of(exchange);
        TimeSpan left = search.Left;
        TimeSpan longest = search.Pool.Config.QueueMaxMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : left;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(exchange.ClientGone, exchange.Cut);
        try
        {
            return await search.Pool.WaitAsync(pick, longest < left ? longest : left, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private LaneLease? TakeLastResort(LaneSearch search, Exchange exchange)
    {
        LaneLease? lease = search.Pool.Config.OnExhausted.Action == ExhaustionAction.LeastBad ? search.TakeLeastBad() : null;
        if (lease is not null)
        {
            log.LastResort(exchange, lease);
        }

        return lease;
    }

    // False when the body had to be prepared without the lane, which must be taken again: neither room nor a turn is waited for with a lane held.
    private static async ValueTask<bool> PrepareAsync(LaneSearch search, Exchange exchange, LaneLease lease)
    {
        UpstreamEndpoint endpoint = exchange.Snapshot.EndpointOf(lease.Lane);
        bool isHeld = true;
        try
        {
            if (exchange.Prepared.Suits(endpoint) || exchange.Prepared.TryPrepare(endpoint))
            {
                return true;
            }

            if (search.MayPrepareFor(lease.Lane))
            {
                lease.Dispose();
                isHeld = false;
            }

            await exchange.Prepared.PrepareAsync(endpoint).ConfigureAwait(false);
            return isHeld;
        }
        catch
        {
            if (isHeld)
            {
                lease.Dispose();
            }

            throw;
        }
    }

    // Not async itself: the judge awaits the call, and gives back what it holds.
    private ValueTask<AttemptResult> CallAsync(LaneSearch search, Exchange exchange, LaneLease lease, TimeSpan left, Hedge? hedge)
    {
        if (hedge is not null)
        {
            return CallHedgedAsync(search, exchange, lease, left, hedge);
        }

        var attempt = new Attempt(exchange, lease, exchange.Snapshot.EndpointOf(lease.Lane), exchange.Prepared);
        CallTerms terms;
        try
        {
            if (Begin(search, attempt, left, isUnderWay: false, out terms) is { } refusal)
            {
                attempt.Dispose();
                return new(new AttemptResult(AttemptEnd.Skipped, Final: refusal));
            }
        }
        catch
        {
            attempt.Dispose();
            throw;
        }

        return _judge.JudgeAsync(attempt, terms);
    }

    private async ValueTask<AttemptResult> CallHedgedAsync(LaneSearch search, Exchange exchange, LaneLease lease, TimeSpan left, Hedge hedge)
    {
        Attempt? running = hedge.TakeOther();
        Attempt attempt = running ?? new Attempt(exchange, lease, exchange.Snapshot.EndpointOf(lease.Lane), exchange.Prepared);
        CallTerms terms;
        try
        {
            if (Begin(search, attempt, left, running is not null, out terms) is { } refusal)
            {
                attempt.Dispose();
                return new AttemptResult(AttemptEnd.Skipped, Final: refusal);
            }

            attempt = await hedge.RaceAsync(attempt, search.Pick).ConfigureAwait(false);
        }
        catch
        {
            await attempt.EndAsync().ConfigureAwait(false);
            throw;
        }

        return await _judge.JudgeAsync(attempt, terms).ConfigureAwait(false);
    }

    // Counts the call, sets its clock, and prepares it where it is not under way. What to tell the client when the lane cannot take the request
    // at all.
    private GatewayError? Begin(LaneSearch search, Attempt attempt, TimeSpan left, bool isUnderWay, out CallTerms terms)
    {
        Exchange exchange = attempt.Exchange;
        LaneLease lease = attempt.Lease;
        search.Calls(lease);
        bool hasOther = search.HasOther;
        terms = default;
        if (!isUnderWay)
        {
            if (Prepare(attempt) is { } refusal)
            {
                return refusal;
            }

            exchange.Attempts++;
            search.Counters.Lane(lease.Lane.Name).Attempts.Add();
        }

        exchange.Choice = lease.Reason;
        exchange.Early.Start(exchange);
        terms = new CallTerms(CallLimit.Of(exchange, lease, left, hasOther), left, hasOther, exchange.Elapsed);
        bool drains = lease.Pool.Config.OnClientDisconnect == DisconnectMode.Drain;
        TimeSpan grace = TimeSpan.FromSeconds(drains ? exchange.Snapshot.Config.Limits.DrainSecs : 0);
        exchange.Timer.Start(terms.Limit.Time, exchange.ClientGone, grace, exchange.Cut);
        return null;
    }

    // 6. Attempt: same protocol sends the client's bytes with the model spliced, cross protocol goes through reader, adapter and writer.
    private GatewayError? Prepare(Attempt attempt)
    {
        GatewayError? refusal = attempt.Prepare();
        _judge.CountLosses(attempt);
        foreach (string beta in attempt.DeniedBetas)
        {
            metrics.DeniedBetas.Get(attempt.Lease.Lane.Provider.Name, beta).Add();
            log.BetaDenied(attempt.Lease.Lane.Provider.Name, beta);
        }

        return refusal;
    }
}

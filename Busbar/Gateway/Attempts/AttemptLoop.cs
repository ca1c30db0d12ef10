using System.Runtime.CompilerServices;
using Busbar.Configuration.Model;
using Busbar.Gateway.Admission;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Gateway.Work;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Reliability;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;
using Busbar.Upstream;
using Busbar.Upstream.Identity;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Steps 5 to 9 of a request's way: pick a lane, call it, judge what came back, and either relay it or go on to the next lane, until the
/// client has its answer or nothing is left. Nothing reaches the client before an attempt is sure to have content for it.
/// </summary>
internal sealed class AttemptLoop(Metrics metrics, RequestLog log)
{
    // A call that is declined without a word about the account may be declined everywhere: it is tried once more, not through all lanes.
    private const int MostDeclines = 2;

    // Lanes that a request is prepared for, one after the other, before it takes the one it gets.
    private const int MostPrepared = 3;

    /// <summary>Serves <paramref name="exchange"/> from <paramref name="pool"/> and its fallbacks. On return the client has an answer, or is gone.</summary>
    public ValueTask RunAsync(Exchange exchange, Pool pool) =>
        exchange.Route.Operation == Operation.Chat && exchange.Snapshot.ReachOf(pool).Hedges ? RunHedgedAsync(exchange, pool) : RunAsync(exchange, pool, hedge: null);

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
        GatewaySnapshot snapshot = exchange.Snapshot;
        TimeSpan deadline = TimeSpan.FromSeconds(pool.Config.Failover.DeadlineSecs);
        PoolMetrics counters = snapshot.MetricsOf(pool);
        PoolMetrics leaving = counters;
        var way = new FallbackWay();
        Pool? fallback = KeyGate.Fallback(exchange, ref way, pool);
        var pick = new PickRequest
        {
            AffinityKey = pool.Config.Affinity is { } affinity ? SessionKey.Of(exchange, affinity) : null,
            Caller = exchange.CallerHash,
            IsBeside = exchange.Route.Operation != Operation.Chat,
        };
        KeptAnswers.Resolve(exchange);
        FollowUp.Direct(exchange, metrics, ref pick);
        bool canServe = exchange.Route.Operation == Operation.Chat || PassOverForeign(exchange, pool, ref pick.Tried);
        bool hasRoom = PassOverSmall(exchange, pool, ref pick);
        pick.Tokens = LikelyTokens(exchange, pool);
        AttemptResult last = default;
        TimeSpan retryAfter = TimeSpan.MaxValue;
        bool isLastResort = false;
        int declines = 0;
        int prepared = 0;
        for (int hop = 0; !isLastResort;)
        {
            exchange.Work.End();
            // 5. Select: the pool's strategy over the ready lanes, then permit and probe.
            LaneLease? lease = null;

            // A call that ended with the request's own time has used it up, even if the clocks differ by a millisecond.
            bool usedUp = last is { End: AttemptEnd.NextLane, Reason: FailoverReason.Timeout } && exchange.Timer.HasFired;
            TimeSpan left = usedUp ? TimeSpan.Zero : deadline - exchange.Elapsed;
            if (hedge?.Other is { } running && left > TimeSpan.Zero)
            {
                // It was called already.
                lease = running;
            }
            else if (left > TimeSpan.Zero && hop <= pool.Config.Failover.Cap)
            {
                if (exchange.BodyLength >= WorkGate.LargeBytes && pick.PreparedLane is null && pool.Likely(pick) is { } likely)
                {
                    // What takes long is done before a lane is held for it.
                    await exchange.Prepared.PrepareAsync(snapshot.EndpointOf(likely)).ConfigureAwait(false);
                    pick.PreparedLane = likely.Index;
                    left = deadline - exchange.Elapsed;
                }

                lease = await SelectAsync(exchange, pool, pick, left, spills: fallback is not null).ConfigureAwait(false);
                left = deadline - exchange.Elapsed;
            }

            if (lease is null)
            {
                if (left <= TimeSpan.Zero || exchange.ClientGone.IsCancellationRequested)
                {
                    break;
                }

                if (fallback is not null)
                {
                    TimeSpan here = pool.RetryAfter(pick.IsBeside);
                    retryAfter = here < retryAfter ? here : retryAfter;
                    pool = fallback;
                    counters = snapshot.MetricsOf(pool);
                    fallback = KeyGate.Fallback(exchange, ref way, pool);
                    canServe |= exchange.Route.Operation == Operation.Chat || PassOverForeign(exchange, pool, ref pick.Tried);
                    hasRoom |= PassOverSmall(exchange, pool, ref pick);
                    pick.Tokens = Math.Max(pick.Tokens, LikelyTokens(exchange, pool));
                    hop = 0;

                    // A session belongs to the pool that was asked for.
                    pick.AffinityKey = null;
                    continue;
                }

                isLastResort = pool.Config.OnExhausted.Action == ExhaustionAction.LeastBad && pool.PickLeastBad(pick, out lease);
                if (!isLastResort)
                {
                    break;
                }

                log.LastResort(exchange, lease!);
            }

            if (hedge?.Other is null && !IsPrepared(exchange, lease!))
            {
                // Neither room nor a turn is waited for with a lane held; a lane that is always another one than was prepared for is taken in the end.
                if (!isLastResort && prepared < MostPrepared)
                {
                    lease!.Dispose();
                    await exchange.Prepared.PrepareAsync(snapshot.EndpointOf(lease.Lane)).ConfigureAwait(false);
                    pick.PreparedLane = lease.Lane.Index;
                    prepared++;
                    continue;
                }

                await PrepareHeldAsync(exchange, lease!).ConfigureAwait(false);
            }

            if (last.End == AttemptEnd.NextLane)
            {
                leaving.Failover(last.Reason);
            }

            pick.Tried.Add(lease!.Lane.Index);
            pick.PreparedLane = null;
            prepared = 0;
            bool hasOther = !isLastResort && hop < pool.Config.Failover.Cap && (pool.HasReady(pick) || fallback?.HasReady(pick) == true);
            AttemptResult result = await AttemptAsync(exchange, lease, left, hasOther, counters, hedge, pick).ConfigureAwait(false);
            if (result.End is AttemptEnd.Answered or AttemptEnd.ClientLeft)
            {
                return;
            }

            // Of two calls the one that ended first was judged, which may be the later one.
            LaneLease judged = hedge?.Judged ?? lease;
            pick.Tried.Add(judged.Lane.Index);
            if (result.Reason == FailoverReason.ContextLength)
            {
                pick.Outgrew(judged.Member);
            }

            if (result.End == AttemptEnd.NextLane)
            {
                hop++;
                leaving = counters;
            }

            // What a lane said that cannot take the request at all counts only if no lane was called.
            last = result.End == AttemptEnd.Skipped && last.End == AttemptEnd.NextLane ? last : result;
            declines += result.Reason == FailoverReason.Declined ? 1 : 0;
            if (result.End == AttemptEnd.Refused || declines == MostDeclines)
            {
                break;
            }
        }

        hedge?.GiveUpOther();
        if (exchange.ClientGone.IsCancellationRequested)
        {
            exchange.Outcome = Outcome.ClientError;
            return;
        }

        if (exchange.Route.Operation == Operation.CountTokens)
        {
            await TokenCount.EstimateAsync(exchange, pool, log).ConfigureAwait(false);
            return;
        }

        if (!canServe)
        {
            await ErrorReply.WriteAsync(exchange, UnknownModel.Incapable(exchange.Route, pool.Name)).ConfigureAwait(false);
            return;
        }

        if (last.Native is { } native)
        {
            await native.WriteAsync(exchange).ConfigureAwait(false);
            return;
        }

        if (last.Final is { } final)
        {
            await ErrorReply.WriteAsync(exchange, final, final.Kind == ErrorKind.Unavailable ? 1 : 0).ConfigureAwait(false);
            return;
        }

        if (!hasRoom)
        {
            await ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.ContextLength)).ConfigureAwait(false);
            return;
        }

        // The client comes back to the pool it asked for, so the lane that is ready first, in any of them, is the one to wait for.
        TimeSpan wait = pool.RetryAfter(pick.IsBeside);
        int seconds = (int)Math.Ceiling((wait < retryAfter ? wait : retryAfter).TotalSeconds);
        await ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.Unavailable), Math.Max(1, seconds)).ConfigureAwait(false);
    }

    // Only chat is translated: for anything else the lanes of other protocols count as tried. False when no lane is left.
    private static bool PassOverForeign(Exchange exchange, Pool pool, ref LaneSet tried)
    {
        bool any = false;
        foreach (PoolMember member in pool.Members)
        {
            if (exchange.Snapshot.EndpointOf(member.Lane).Protocol.Id == exchange.Ingress.Id)
            {
                any = true;
            }
            else
            {
                tried.Add(member.Lane.Index);
            }
        }

        return any;
    }

    // Lanes that the request surely does not fit are not called with it. False when the pool has no other.
    private static bool PassOverSmall(Exchange exchange, Pool pool, ref PickRequest pick)
    {
        if (exchange.Route.Operation != Operation.Chat)
        {
            return true;
        }

        pick.ContextFloor = Math.Max(pick.ContextFloor, LeastInput.Outgrown(pool, exchange.Body!.Span));
        return pool.HasRoom(pick);
    }

    // What it writes is counted when it is known. Vendors limit the counting of tokens apart from all else.
    private static long LikelyTokens(Exchange exchange, Pool pool) =>
        exchange.Route.Operation == Operation.CountTokens ? -1 : pool.LimitsTokens ? InputEstimate.Likely(exchange.Body!.Span) : 0;

    // False when that would take long, or memory would have to be waited for.
    private static bool IsPrepared(Exchange exchange, LaneLease lease)
    {
        UpstreamEndpoint endpoint = exchange.Snapshot.EndpointOf(lease.Lane);
        try
        {
            return exchange.Prepared.Suits(endpoint) || exchange.Prepared.TryPrepare(endpoint);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private static async ValueTask PrepareHeldAsync(Exchange exchange, LaneLease lease)
    {
        try
        {
            await exchange.Prepared.PrepareAsync(exchange.Snapshot.EndpointOf(lease.Lane)).ConfigureAwait(false);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    // Where every ready lane is busy, a pool with a fallback hands the request on at once, any other lets it wait.
    private static async ValueTask<LaneLease?> SelectAsync(Exchange exchange, Pool pool, PickRequest pick, TimeSpan left, bool spills)
    {
        if (pool.TryPick(pick, out LaneLease? lease) != PickResult.Saturated || spills)
        {
            return lease;
        }

        // Who waits for a lane waits for its answer all the same.
        exchange.Early.Start(exchange);
        pick.Turn = CallerShare.Of(exchange);
        TimeSpan longest = pool.Config.QueueMaxMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : left;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(exchange.ClientGone, exchange.Cut);
        try
        {
            return await pool.WaitAsync(pick, longest < left ? longest : left, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptResult> AttemptAsync(
        Exchange exchange, LaneLease lease, TimeSpan left, bool hasOther, PoolMetrics counters, Hedge? hedge, PickRequest pick)
    {
        Attempt? attempt = hedge?.TakeOther();
        bool isUnderWay = attempt is not null;
        attempt ??= new Attempt(exchange, lease, exchange.Snapshot.EndpointOf(lease.Lane), exchange.Prepared);
        try
        {
            if (!isUnderWay && Prepare(attempt) is { } refusal)
            {
                return new AttemptResult(AttemptEnd.Skipped, Final: refusal);
            }

            if (!isUnderWay)
            {
                exchange.Attempts++;
                counters.Lane(lease.Lane.Name).Attempts.Add();
            }

            exchange.Choice = lease.Reason;
            exchange.Early.Start(exchange);
            CallLimit limit = CallLimit.Of(exchange, lease, left, hasOther);
            bool drains = lease.Pool.Config.OnClientDisconnect == DisconnectMode.Drain;
            TimeSpan grace = TimeSpan.FromSeconds(drains ? exchange.Snapshot.Config.Limits.DrainSecs : 0);
            TimeSpan begun = exchange.Elapsed;
            exchange.Timer.Start(limit.Time, exchange.ClientGone, grace, exchange.Cut);
            if (hedge is not null)
            {
                attempt = await hedge.RaceAsync(attempt, pick).ConfigureAwait(false);
            }

            return await JudgeCallAsync(attempt, limit, left, hasOther, begun, counters.Lane(attempt.Lease.Lane.Name)).ConfigureAwait(false);
        }
        finally
        {
            if (attempt.Call is { IsCompleted: false })
            {
                attempt.Cancel();
                await attempt.EndedAsync().ConfigureAwait(false);
            }

            attempt.Dispose();
        }
    }

    // 6. Attempt: same protocol sends the client's bytes with the model spliced, cross protocol goes through reader, seam and writer.
    private GatewayError? Prepare(Attempt attempt)
    {
        GatewayError? refusal = attempt.Prepare();
        CountLosses(attempt);
        foreach (string beta in attempt.DeniedBetas)
        {
            metrics.DeniedBetas.Get(attempt.Lease.Lane.Provider.Name, beta).Add();
            log.BetaDenied(attempt.Lease.Lane.Provider.Name, beta);
        }

        return refusal;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptResult> JudgeCallAsync(
        Attempt attempt, CallLimit limit, TimeSpan left, bool hasOther, TimeSpan begun, LaneMetrics laneCounters)
    {
        Exchange exchange = attempt.Exchange;
        LaneLease lease = attempt.Lease;
        exchange.Choice = lease.Reason;
        if (attempt.IsTranslated)
        {
            metrics.CountTranslation(exchange.Ingress.Id, attempt.Endpoint.Protocol.Id);
        }

        int failed = exchange.Failures?.Count ?? 0;
        AttemptResult result;
        try
        {
            attempt.Received(attempt.Call is { } call ? await call.ConfigureAwait(false) : await attempt.SendAsync(exchange.Timer.Token).ConfigureAwait(false));
            if (Answer.IsWhole(attempt))
            {
                // The answer has begun, and each part of it has its own time.
                limit = limit with { Reason = FailoverReason.AttemptTimeout };
                exchange.Timer.Arm(attempt.BodyTime());
            }
            else if (limit.EndsAtHeaders)
            {
                limit = CallLimit.AfterHeaders(exchange, lease, left, hasOther, exchange.Elapsed - begun);
                exchange.Timer.Arm(limit.Time);
            }

            result = await TakeAsync(attempt, laneCounters).ConfigureAwait(false);
        }
        catch (Exception exception) when (Transport.IsFailure(exception))
        {
            // An answer that has begun cannot go on in another lane; only its client can have failed by now.
            if (exchange.ClientGone.IsCancellationRequested || exchange.HasBegun)
            {
                exchange.Outcome = Outcome.ClientError;
                return AttemptResult.ClientLeft;
            }

            if (exchange.Timer.IsCut)
            {
                // The process goes down: nobody's fault, and no lane could do better.
                exchange.Reason = RequestLog.Shutdown;
                lease.Pass();
                return new AttemptResult(AttemptEnd.Refused, Final: new GatewayError(ErrorKind.Unavailable));
            }

            if (LocalExhaustionException.Behind(exception) is { } exhaustion)
            {
                // Nobody's fault: no lane is charged, and one that has a connection left may still take the request.
                metrics.LocalExhaustion.Get().Add();
                log.LocalExhaustion(exchange, lease, exhaustion.Reason);
                exchange.Failed(lease, "local_exhaustion", status: 0, default);
                return new AttemptResult(AttemptEnd.Skipped, Final: new GatewayError(ErrorKind.Unavailable));
            }

            bool timedOut = exception is OperationCanceledException;
            FaultClass fault = timedOut ? FaultClass.Timeout : exception is IdentityException ? FaultClass.AuthUnavailable : Transport.IsOwn(exception) ? FaultClass.Gateway : FaultClass.Network;
            FailoverReason reason = timedOut ? limit.Reason : exception is IdentityException ? FailoverReason.AuthUnavailable : FailoverReason.Connect;
            result = attempt.Fail(
                fault,
                default,
                status: 0,
                words: reason switch { FailoverReason.Connect => Transport.Describe(exception), FailoverReason.AttemptTimeout => "attempt_timeout", FailoverReason.AuthUnavailable => Metrics.LabelOf(fault), _ => "timeout" })
                with { Reason = reason };
        }

        CountLosses(attempt);
        log.AttemptsFailed(exchange, failed);
        attempt.Span?.Judged(result);
        if (result.End == AttemptEnd.NextLane)
        {
            laneCounters.Failure(result.Reason switch
            {
                FailoverReason.HardDown => FailureDisposition.HardDown,
                FailoverReason.ContextLength => FailureDisposition.ContextLength,
                FailoverReason.AttemptTimeout => FailureDisposition.AttemptTimeout,
                FailoverReason.ModelGone => FailureDisposition.ModelGone,
                FailoverReason.Declined => FailureDisposition.Declined,
                FailoverReason.AuthUnavailable => FailureDisposition.AuthUnavailable,
                _ => FailureDisposition.TransientUpstream,
            });
        }
        else if (result.End == AttemptEnd.Answered)
        {
            exchange.ServedBy = lease.Lane.Name;
            exchange.ServedIn = lease.Pool;
            if (exchange.Usage is { IsReported: true } usage)
            {
                lease.Used(usage.Total);
            }
        }

        return result;
    }

    private ValueTask<AttemptResult> TakeAsync(Attempt attempt, LaneMetrics laneCounters) =>
        attempt.Response.IsSuccess ? Answer.RelayAsync(attempt) : JudgeAsync(attempt, laneCounters);

    // 7. Classify a failure: whose fault, what happens to the breaker, what happens to the request.
    private async ValueTask<AttemptResult> JudgeAsync(Attempt attempt, LaneMetrics laneCounters)
    {
        Exchange exchange = attempt.Exchange;
        int status = attempt.Response.Status;
        using var body = await Transport.ReadAtMostAsync(attempt.Response, exchange.Snapshot.Config.Limits.UpstreamErrorBodyMaxBytes, exchange.Timer.Token).ConfigureAwait(false);
        ProviderError error = attempt.Endpoint.Protocol.ReadError(status, body.Memory);
        if (error.Type is null && Transport.ErrorType(attempt.Endpoint.Protocol, attempt.Response) is { } type)
        {
            error = error with { Type = type };
        }

        if (exchange.Route.Operation == Operation.CountTokens
            && (status is 404 or 405 or 501 || (status is 400 or 403 && attempt.Endpoint.Provider.Config.Platform == Platform.BedrockInvoke)))
        {
            // A compatible host that cannot count is no worse at chat. Bedrock counts for some models only, and as a right of its own.
            attempt.Lease.Dispose();
            return new AttemptResult(AttemptEnd.Skipped);
        }

        if (attempt.TryWithoutRefused(status, error))
        {
            exchange.Failed(attempt.Lease, Metrics.LabelOf(FaultClass.ClientError), status, error);
            exchange.Attempts++;
            laneCounters.Attempts.Add();
            attempt.Received(await attempt.SendAsync(exchange.Timer.Token).ConfigureAwait(false));
            return await TakeAsync(attempt, laneCounters).ConfigureAwait(false);
        }

        if (await attempt.TryRenewAsync(status, error, exchange.Timer.Token).ConfigureAwait(false))
        {
            exchange.Failed(attempt.Lease, "credential_expired", status, error);
            exchange.Attempts++;
            laneCounters.Attempts.Add();
            attempt.Received(await attempt.SendAsync(exchange.Timer.Token).ConfigureAwait(false));
            return await TakeAsync(attempt, laneCounters).ConfigureAwait(false);
        }

        FaultClass fault = FaultClassifier.Classify(status, error, attempt.Lease.Lane.Provider.ErrorMap);
        if (fault == FaultClass.Declined && Transport.IsPage(body.Span))
        {
            // A firewall's page is about this request, unless every request meets it.
            fault = attempt.Lease.IsDeclinedTooOften(exchange.RequestHash) ? FaultClass.Auth : FaultClass.Content;
        }

        bool callersCredential = exchange.Caller.Credential.IsPassthrough
            && (FaultDispositions.Of(fault) is FaultDisposition.HardDown or FaultDisposition.Declined);
        bool isAskedFor = fault == FaultClass.ModelGone && attempt.Lease.Pool.IsDirect;
        if (FaultDispositions.Of(fault).MovesOn() && !callersCredential && !isAskedFor)
        {
            AttemptResult failed = attempt.Fail(fault, error, status, Transport.RetryAfter(attempt.Response, error, exchange.Snapshot.Time.GetUtcNow()));

            // Where no lane is left, the vendor's own words say best what was too long, or which model is not there.
            return failed.Reason is FailoverReason.ContextLength or FailoverReason.ModelGone && attempt.IsNative
                ? failed with { Native = new NativeAnswer(attempt, body.Span, Outcome.ClientError) }
                : failed;
        }

        if (callersCredential)
        {
            // The caller's own key was refused: that says nothing about the lane.
            attempt.Lease.Pass();
        }
        else
        {
            attempt.Lease.ClientFault();
        }

        exchange.Failed(attempt.Lease, Metrics.LabelOf(fault), status, error);
        await RelayErrorAsync(attempt, status, fault, error, body.Memory, callersCredential).ConfigureAwait(false);
        return AttemptResult.Answered;
    }

    private static async ValueTask RelayErrorAsync(
        Attempt attempt, int status, FaultClass fault, ProviderError error, ReadOnlyMemory<byte> body, bool callersCredential)
    {
        Exchange exchange = attempt.Exchange;
        await exchange.Early.EndAsync().ConfigureAwait(false);
        if (!attempt.IsNative || exchange.Early.IsOpen)
        {
            await ErrorReply.WriteAsync(exchange, fault == FaultClass.Content ? ErrorMapping.Refused(status, error) : ErrorMapping.Relay(status, error, callersCredential))
                .ConfigureAwait(false);
            return;
        }

        exchange.Status = status;
        HeaderPolicy.CopyResponse(attempt.Response.Head, exchange.ResponseHeaders);
        HeaderPolicy.NameRequest(exchange);
        exchange.ResponseHeaders.ContentType = HeaderPolicy.ContentTypeOf(attempt.Response.Head);
        exchange.Outcome = status is >= 400 and < 500 ? Outcome.ClientError : Outcome.Error;
        exchange.MarkHeaders(attempt.Lease.Lane.Name);

        // An answer such as 304 must have neither a body nor a length.
        if (body.Length > 0)
        {
            exchange.ResponseHeaders.ContentLength = body.Length;
            await ClientOutput.WriteAsync(exchange, body).ConfigureAwait(false);
        }
    }

    private void CountLosses(Attempt attempt)
    {
        if (attempt.Translation is { Losses.IsEmpty: false } translation)
        {
            attempt.Exchange.Lost.Add(translation.Losses);
            metrics.CountLosses(translation.Ingress, translation.Egress, translation.Losses);
            log.Losses(translation.Ingress, translation.Egress, translation.Losses);
            translation.Losses = default;
        }
    }
}

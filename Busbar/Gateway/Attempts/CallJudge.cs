using System.Runtime.CompilerServices;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Reliability;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Dial;
using Busbar.Upstream.Identity;

namespace Busbar.Gateway.Attempts;

/// <summary>Steps 7 to 9 of a request's way: what came of a call, whose fault it is if nothing did, and what goes on to the client.</summary>
internal sealed class CallJudge(Metrics metrics, RequestLog log)
{
    /// <summary>Awaits the call, and what comes of it: an answer that is relayed, or a failure that is charged to whoever caused it.</summary>
    /// <param name="attempt">The call, which may be under way. It is disposed of when it has come to something.</param>
    /// <param name="terms">What it may take.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptResult> JudgeAsync(Attempt attempt, CallTerms terms)
    {
        Exchange exchange = attempt.Exchange;
        LaneLease lease = attempt.Lease;
        CallLimit limit = terms.Limit;
        try
        {
            LaneMetrics counters = exchange.Snapshot.MetricsOf(lease.Pool).Lane(lease.Lane.Name);
            exchange.Choice = lease.Reason;
            if (attempt.IsTranslated)
            {
                metrics.CountTranslation(exchange.Ingress.Id, attempt.Endpoint.Protocol.Id);
            }

            int failed = exchange.Failures?.Count ?? 0;
            AttemptResult result;
            try
            {
                attempt.Received(attempt.Call is { } call ? await call.ConfigureAwait(false)
                    : await attempt.SendAsync(exchange.Timer.Token).ConfigureAwait(false));
                if (ResponseRelay.IsWhole(attempt))
                {
                    // The answer has begun, and each part of it has its own time.
                    limit = limit with { Reason = FailoverReason.AttemptTimeout };
                    exchange.Timer.Arm(attempt.BodyTime());
                }
                else if (limit.EndsAtHeaders)
                {
                    limit = CallLimit.AfterHeaders(exchange, lease, terms.Left, terms.HasOther, exchange.Elapsed - terms.Begun);
                    exchange.Timer.Arm(limit.Time);
                }

                result = await TakeAsync(attempt, counters).ConfigureAwait(false);
            }
            catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
            {
                result = Failed(attempt, exception, limit);
            }

            log.AttemptsFailed(exchange, failed);
            Note(attempt, result, counters);
            return result;
        }
        finally
        {
            await attempt.EndAsync().ConfigureAwait(false);
        }
    }

    private void Note(Attempt attempt, AttemptResult result, LaneMetrics counters)
    {
        Exchange exchange = attempt.Exchange;
        LaneLease lease = attempt.Lease;
        CountLosses(attempt);
        attempt.Span?.Judged(result);
        if (result.End == AttemptEnd.NextLane)
        {
            counters.Failure(result.Reason);
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
    }

    // A call that ended without an answer.
    private AttemptResult Failed(Attempt attempt, Exception exception, CallLimit limit)
    {
        Exchange exchange = attempt.Exchange;
        LaneLease lease = attempt.Lease;

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

        (FaultClass fault, FailoverReason reason, string words) = exception switch
        {
            OperationCanceledException when limit.Reason == FailoverReason.AttemptTimeout => (FaultClass.Timeout, limit.Reason, "attempt_timeout"),
            OperationCanceledException => (FaultClass.Timeout, limit.Reason, "timeout"),
            IdentityException => (FaultClass.AuthUnavailable, FailoverReason.AuthUnavailable, Metrics.LabelOf(FaultClass.AuthUnavailable)),
            _ => (
                UpstreamErrors.IsOwn(exception) ? FaultClass.Gateway : FaultClass.Network, FailoverReason.Connect,
                UpstreamErrors.Describe(exception)),
        };
        return attempt.Fail(fault, default, status: 0, words: words) with { Reason = reason };
    }

    private ValueTask<AttemptResult> TakeAsync(Attempt attempt, LaneMetrics counters) =>
        attempt.Response.IsSuccess ? ResponseRelay.RelayAsync(attempt) : ClassifyAsync(attempt, counters);

    // The same lane, with a request that was changed to its liking.
    private async ValueTask<AttemptResult> CallAgainAsync(Attempt attempt, LaneMetrics counters)
    {
        attempt.Exchange.Attempts++;
        counters.Attempts.Add();
        attempt.Received(await attempt.SendAsync(attempt.Exchange.Timer.Token).ConfigureAwait(false));
        return await TakeAsync(attempt, counters).ConfigureAwait(false);
    }

    // 7. Classify a failure: whose fault, what happens to the breaker, what happens to the request.
    private async ValueTask<AttemptResult> ClassifyAsync(Attempt attempt, LaneMetrics counters)
    {
        Exchange exchange = attempt.Exchange;
        int status = attempt.Response.Status;
        using var body = await UpstreamErrors.ReadAtMostAsync(attempt.Response, exchange.Snapshot.Config.Limits.UpstreamErrorBodyMaxBytes,
            exchange.Timer.Token).ConfigureAwait(false);
        ProviderError error = attempt.Endpoint.Protocol.ReadError(status, body.Memory);
        if (error.Type is null && UpstreamErrors.ErrorType(attempt.Endpoint.Protocol, attempt.Response) is { } type)
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
            return await CallAgainAsync(attempt, counters).ConfigureAwait(false);
        }

        if (await attempt.TryRenewAsync(status, error, exchange.Timer.Token).ConfigureAwait(false))
        {
            exchange.Failed(attempt.Lease, "credential_expired", status, error);
            return await CallAgainAsync(attempt, counters).ConfigureAwait(false);
        }

        FaultClass fault = FaultClassifier.Classify(status, error, attempt.Lease.Lane.Provider.ErrorMap);
        if (fault == FaultClass.Declined && UpstreamErrors.IsPage(body.Span))
        {
            // A firewall's page is about this request, unless every request meets it.
            fault = attempt.Lease.IsDeclinedTooOften(exchange.RequestHash) ? FaultClass.Auth : FaultClass.Content;
        }

        bool callersCredential = exchange.Caller.Credential.IsPassthrough
            && (FaultDispositions.Of(fault) is FaultDisposition.HardDown or FaultDisposition.Declined);
        bool isAskedFor = fault == FaultClass.ModelGone && attempt.Lease.Pool.IsDirect;
        if (FaultDispositions.Of(fault).MovesOn() && !callersCredential && !isAskedFor)
        {
            AttemptResult failed = attempt.Fail(fault, error, status,
                UpstreamErrors.RetryAfter(attempt.Response, error, exchange.Snapshot.Time.GetUtcNow()));

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
            await ErrorReply.WriteAsync(exchange, fault == FaultClass.Content ? ErrorMapping.Refused(status, error)
                : ErrorMapping.Relay(status, error, callersCredential))
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

    /// <summary>Counts what translation has lost so far.</summary>
    public void CountLosses(Attempt attempt)
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

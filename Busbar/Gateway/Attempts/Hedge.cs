using Busbar.Configuration.Model.Pools;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Calls that run beside each other for one request: when the first is slow to begin its answer, another lane is called too, once. The first answer
/// is the client's, and the other call is given up. A call that fails leaves the other one running, which is then the next to be judged.
/// </summary>
internal sealed class Hedge(Exchange exchange, Metrics metrics) : IAsyncDisposable
{
    private Attempt? _other;
    private List<Attempt>? _givenUp;
    private bool _isUsed;

    /// <summary>The lane of the call that goes on beside the one that was judged last; null for none.</summary>
    public LaneLease? Other => _other?.Lease;

    /// <summary>The lane of the call that came to something last; null before the first.</summary>
    public LaneLease? Judged { get; private set; }

    /// <summary>That call, to be gone on with.</summary>
    public Attempt? TakeOther() => Interlocked.Exchange(ref _other, null);

    /// <summary>
    /// Calls, or goes on with a call, and calls another lane beside it where that is due. The call that came to something first: its answer has
    /// begun, or it has failed. Both are in its <see cref="Attempt.Call"/>.
    /// </summary>
    /// <param name="attempt">The call.</param>
    /// <param name="pick">What the request asks of another lane.</param>
    public async ValueTask<Attempt> RaceAsync(Attempt attempt, PickRequest pick)
    {
        Judged = attempt.Lease;
        Pool pool = attempt.Lease.Pool;
        if (pool.Config.Hedge is not { } config)
        {
            return attempt;
        }

        if (exchange.Attempts == 1)
        {
            pool.Hedges.Earn(config.AtMost);
        }

        using CancellationTokenRegistration end = exchange.Timer.Token.UnsafeRegister(static call => ((Attempt)call!).Cancel(), attempt);
        Task first = attempt.Call ?? attempt.Begin();
        if (!_isUsed && After(attempt.Lease, config) is { } delay)
        {
            await first.WaitAsync(delay, exchange.Snapshot.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!first.IsCompleted && !exchange.Timer.HasFired && TryCall(pool, pick) is { } second)
            {
                _isUsed = true;
                await Task.WhenAny(first, second.Begin()).ConfigureAwait(false);
                (attempt, _other) = first.IsCompleted ? (attempt, second) : (second, attempt);
                bool isAnswer = attempt.Call is { IsCompletedSuccessfully: true } call && (await call.ConfigureAwait(false)).IsSuccess;
                metrics.Hedges.Get(pool.Name, !isAnswer ? "failed" : attempt == second ? "won" : "lost").Add();
                if (isAnswer)
                {
                    GiveUpOther();
                }
            }
        }

        Judged = attempt.Lease;
        await ((Task)attempt.Call!).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (attempt.Call is { IsCompletedSuccessfully: true })
        {
            attempt.Lease.Lane.State.Beginnings.Observe(attempt.Elapsed);
        }

        return attempt;
    }

    /// <summary>Ends the call beside: its lane is free at once, and what was sent to it is charged.</summary>
    public void GiveUpOther()
    {
        if (TakeOther() is { } loser)
        {
            // Too slow, by so much at least.
            loser.Lease.Lane.State.Beginnings.Observe(loser.Elapsed);
            exchange.CallsGivenUp++;
            loser.GiveUp();
            (_givenUp ??= []).Add(loser);
        }
    }

    /// <summary>Waits until nothing of the request is in use by a call any more.</summary>
    public async ValueTask DisposeAsync()
    {
        GiveUpOther();
        foreach (Attempt loser in _givenUp ?? [])
        {
            await loser.EndedAsync().ConfigureAwait(false);
            loser.Dispose();
        }
    }

    private static TimeSpan? After(LaneLease lease, HedgeConfig config) =>
        config.AfterMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : lease.Lane.State.Beginnings.Percentile(config.Percentile);

    // Null when the pool has sent enough twice, no other lane is ready, or it would take long to prepare the request for it.
    private Attempt? TryCall(Pool pool, PickRequest pick)
    {
        if (!pool.Hedges.TrySpend())
        {
            return null;
        }

        pick.IsHedge = true;
        pick.PreparedLane = null;
        LaneLease? lease = null;
        Attempt? second = null;
        try
        {
            if (pool.TryPick(pick, out lease) == PickResult.Picked)
            {
                Upstream.UpstreamEndpoint endpoint = exchange.Snapshot.EndpointOf(lease!.Lane);
                PreparedBody prepared = exchange.Prepared.Suits(endpoint) ? exchange.Prepared : exchange.PreparedBeside;
                if (prepared.Suits(endpoint) || prepared.TryPrepare(endpoint))
                {
                    second = new Attempt(exchange, lease, endpoint, prepared);
                    if (second.Prepare() is null)
                    {
                        exchange.Attempts++;
                        exchange.Snapshot.MetricsOf(pool).Lane(lease.Lane.Name).Attempts.Add();
                        return second;
                    }
                }
            }
        }
        catch
        {
            second?.Dispose();
            lease?.Dispose();
            throw;
        }

        second?.Dispose();
        lease?.Dispose();
        pool.Hedges.Refund();
        return null;
    }
}

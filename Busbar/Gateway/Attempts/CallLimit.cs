using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Gateway.Attempts;

/// <summary>How long a call may take until its answer begins, and what it is called when it takes longer.</summary>
/// <param name="Time">The time.</param>
/// <param name="Reason">Whether the request's time is over then, or only the call's.</param>
/// <param name="EndsAtHeaders">It is over when the headers are in, rather than with the first content.</param>
internal readonly record struct CallLimit(TimeSpan Time, FailoverReason Reason, bool EndsAtHeaders = false)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    // Of a stream, while another lane is left.
    private static readonly TimeSpan FirstContent = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The limit of a call with <paramref name="lease"/>, when <paramref name="left"/> of the request's deadline is left: the lane's own; half of
    /// what is left, so that another ready lane has the rest, and for a stream no more than a minute; with no other lane, all of it, and where nobody
    /// set a deadline as long as any call may take.
    /// </summary>
    public static CallLimit Of(Exchange exchange, LaneLease lease, TimeSpan left, bool hasOther)
    {
        if (lease.Member.AttemptTimeoutMs is not { } own)
        {
            return UntilContent(exchange, lease, left, hasOther, isShared: hasOther);
        }

        CallLimit limit = UntilContent(exchange, lease, left, hasOther, isShared: false);
        return own < limit.Time.TotalMilliseconds ? new CallLimit(TimeSpan.FromMilliseconds(own), FailoverReason.AttemptTimeout, EndsAtHeaders: true)
            : limit;
    }

    /// <summary>
    /// What the beginning of a stream may take once a limit of the call's own has ended with its headers, which took <paramref name="spent"/>.
    /// </summary>
    public static CallLimit AfterHeaders(Exchange exchange, LaneLease lease, TimeSpan left, bool hasOther, TimeSpan spent)
    {
        CallLimit limit = UntilContent(exchange, lease, left, hasOther, isShared: hasOther);
        return limit with { Time = Max(limit.Time - spent, Shortest) };
    }

    private static CallLimit UntilContent(Exchange exchange, LaneLease lease, TimeSpan left, bool hasOther, bool isShared)
    {
        TimeSpan whole = Whole(exchange, lease.Pool.Config, left, hasOther, out FailoverReason reason);
        TimeSpan time = whole;
        if (exchange.Streams && lease.Member.FirstContentTimeoutMs is { } own)
        {
            time = TimeSpan.FromMilliseconds(own);
        }
        else if (isShared)
        {
            TimeSpan half = Max(left / 2, Shortest);
            time = exchange.Streams && half > FirstContent ? FirstContent : half;
        }

        return time < whole ? new CallLimit(time, FailoverReason.AttemptTimeout) : new CallLimit(whole, reason);
    }

    private static TimeSpan Whole(Exchange exchange, PoolConfig pool, TimeSpan left, bool hasOther, out FailoverReason reason)
    {
        left = Max(left, Shortest);
        LimitsConfig limits = exchange.Snapshot.Config.Limits;
        TimeSpan longest = TimeSpan.FromSeconds(exchange.Streams ? limits.UpstreamIdleTimeoutSecs : limits.UpstreamRequestTimeoutSecs);
        bool isCut = pool.Failover.IsDeadlineSet || hasOther || longest <= left;
        reason = FailoverReason.Timeout;
        return isCut ? left : longest;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

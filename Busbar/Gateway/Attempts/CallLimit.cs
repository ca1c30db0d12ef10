using Busbar.Configuration.Model;
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

    /// <summary>
    /// The limit of a call with <paramref name="lease"/>, when <paramref name="left"/> of the request's deadline is left: the lane's own; half of what is left, so
    /// that another ready lane has the rest; with no other lane, all of it, and where nobody set a deadline as long as any call may take.
    /// </summary>
    public static CallLimit Of(Exchange exchange, LaneLease lease, TimeSpan left, bool hasOther)
    {
        TimeSpan whole = Whole(exchange, lease.Pool.Config, left, hasOther, out FailoverReason reason);
        return lease.Member.AttemptTimeoutMs is { } own && own < whole.TotalMilliseconds
            ? new CallLimit(TimeSpan.FromMilliseconds(own), FailoverReason.AttemptTimeout, EndsAtHeaders: true)
            : hasOther && lease.Member.AttemptTimeoutMs is null
            ? new CallLimit(Max(left / 2, Shortest), FailoverReason.AttemptTimeout)
            : new CallLimit(whole, reason);
    }

    /// <summary>What the beginning of a stream may take once a limit of the call's own has ended with its headers.</summary>
    public static CallLimit AfterHeaders(Exchange exchange, LaneLease lease, TimeSpan left, bool hasOther) => hasOther
        ? new CallLimit(Max(left / 2, Shortest), FailoverReason.AttemptTimeout)
        : new CallLimit(Whole(exchange, lease.Pool.Config, left, hasOther, out FailoverReason reason), reason);

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

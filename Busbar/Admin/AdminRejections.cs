using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;

namespace Busbar.Admin;

/// <summary>Failed logins: each is counted, and one a minute is logged with the address it came from.</summary>
internal sealed partial class AdminRejections(Counter counter, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _loggedAt = long.MinValue;
    private long _logged;

    /// <summary>Notes a call from <paramref name="source"/>.</summary>
    public void Note(string source)
    {
        counter.Add();
        long now = time.GetTimestamp();
        long last = Volatile.Read(ref _loggedAt);
        if ((last == long.MinValue || time.GetElapsedTime(last, now) >= Interval) && Interlocked.CompareExchange(ref _loggedAt, now, last) == last)
        {
            long all = counter.Value;
            Rejected(log, source, all - Interlocked.Exchange(ref _logged, all));
        }
    }

    [LoggerMessage(
        65, LogLevel.Warning,
    "admin: a call from {Source} was refused for its token; {Count} since the last such line (logged once a minute, counted always)")]
    private static partial void Rejected(ILogger logger, string source, long count);
}

using System.Collections.Concurrent;
using Busbar.Ir;
using Busbar.Observability;
using Busbar.Reliability;
using Microsoft.Extensions.Logging;

namespace Busbar.Gateway;

/// <summary>
/// What requests leave in the log: names of pools, lanes and fields, statuses, times. Never a token, a body, or words of either.
/// </summary>
internal sealed partial class RequestLog(ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<int, long> _lossLoggedAt = new();
    private readonly ConcurrentDictionary<(string Pool, ProtocolId Dialect), long> _estimateLoggedAt = new();

    /// <summary>Whether requests that went well are logged, with their token counts.</summary>
    public bool LogsSuccesses => logger.IsEnabled(LogLevel.Debug);

    /// <summary>A request has ended.</summary>
    public void Ended(Exchange exchange)
    {
        LogLevel level = exchange.Outcome == Outcome.Ok ? LogLevel.Debug : LogLevel.Information;
        if (logger.IsEnabled(level))
        {
            Ended(
                logger,
                level,
                exchange.RequestId,
                exchange.Route.Protocol.Name(),
                exchange.Pool?.Name ?? Metrics.Unresolved,
                exchange.ServedBy ?? "-",
                exchange.Status,
                Metrics.Outcomes[(int)exchange.Outcome],
                exchange.Attempts,
                (long)exchange.Elapsed.TotalMilliseconds,
                exchange.Usage.TotalInput,
                exchange.Usage.Output);
        }
    }

    /// <summary>A provider answered an attempt with an error status.</summary>
    public void AttemptFailed(Exchange exchange, string lane, FaultClass fault, int status) =>
        AttemptFailed(logger, exchange.Pool!.Name, lane, fault, status);

    /// <summary>An attempt failed without an answer.</summary>
    public void AttemptFailed(Exchange exchange, string lane, string reason) => AttemptBroke(logger, exchange.Pool!.Name, lane, reason);

    /// <summary>A translation lost something; at most one line a minute for each field and pair.</summary>
    public void Losses(ProtocolId from, ProtocolId to, Losses losses)
    {
        while (losses.TryTake(out LossField field))
        {
            int series = ((int)from << 16) | ((int)to << 8) | (int)field;
            if (IsDue(_lossLoggedAt, series))
            {
                Lost(logger, from.Name(), to.Name(), Metrics.LabelOf(field));
            }
        }
    }

    /// <summary>A token count was estimated; at most one line a minute for each pool and dialect.</summary>
    public void Estimated(Exchange exchange, Pool pool)
    {
        if (IsDue(_estimateLoggedAt, (pool.Name, exchange.Route.Protocol)))
        {
            Estimated(logger, exchange.Route.Protocol.Name(), pool.Name);
        }
    }

    /// <summary>A request ran into a bug.</summary>
    public void Unhandled(Exchange exchange, Exception exception) => Unhandled(logger, exchange.Ingress is null ? "-" : exchange.RequestId, exception);

    // Marks the line as written when it may be.
    private bool IsDue<TSeries>(ConcurrentDictionary<TSeries, long> loggedAt, TSeries series)
        where TSeries : notnull
    {
        long now = time.GetTimestamp();
        if (loggedAt.TryGetValue(series, out long last) && time.GetElapsedTime(last, now) < RepeatInterval)
        {
            return false;
        }

        loggedAt[series] = now;
        return true;
    }

    [LoggerMessage(EventId = 1, Message = "request {RequestId} {Protocol} pool={Pool} lane={Lane} status={Status} outcome={Outcome} attempts={Attempts} ms={Milliseconds} tokens_in={Input} tokens_out={Output}")]
    private static partial void Ended(ILogger logger, LogLevel level, string requestId, string protocol, string pool, string lane, int status, string outcome, int attempts, long milliseconds, long input, long output);

    [LoggerMessage(2, LogLevel.Warning, "attempt failed: pool={Pool} lane={Lane} fault={Fault} status={Status}")]
    private static partial void AttemptFailed(ILogger logger, string pool, string lane, FaultClass fault, int status);

    [LoggerMessage(3, LogLevel.Warning, "attempt failed: pool={Pool} lane={Lane} {Reason}")]
    private static partial void AttemptBroke(ILogger logger, string pool, string lane, string reason);

    [LoggerMessage(4, LogLevel.Warning, "translation {From} -> {To} cannot carry {Field}; it was dropped or degraded (logged once a minute, counted always)")]
    private static partial void Lost(ILogger logger, string from, string to, string field);

    [LoggerMessage(6, LogLevel.Warning, "token count for {Protocol} clients of pool={Pool} is an estimate: no lane counted (logged once a minute)")]
    private static partial void Estimated(ILogger logger, string protocol, string pool);

    [LoggerMessage(5, LogLevel.Error, "request {RequestId} failed on a bug")]
    private static partial void Unhandled(ILogger logger, string requestId, Exception exception);
}

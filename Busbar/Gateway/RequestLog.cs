using System.Collections.Concurrent;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Microsoft.Extensions.Logging;

namespace Busbar.Gateway;

/// <summary>
/// What requests leave in the log: names of pools, lanes and fields, statuses, times. Never a token, a body, or words of either.
/// </summary>
/// <param name="logger">Takes the lines.</param>
/// <param name="time">The clock.</param>
/// <param name="successes">The level of requests that went well.</param>
internal sealed partial class RequestLog(ILogger logger, TimeProvider time, LogLevel successes = LogLevel.Debug)
{
    private const int LongestId = 200;

    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<int, long> _lossLoggedAt = new();
    private readonly ConcurrentDictionary<(string Pool, ProtocolId Dialect), long> _estimateLoggedAt = new();

    /// <summary>Whether requests that went well are logged, with their token counts.</summary>
    public bool LogsSuccesses => logger.IsEnabled(successes);

    /// <summary>A request has ended.</summary>
    public void Ended(Exchange exchange)
    {
        LogLevel level = exchange.Outcome == Outcome.Ok ? successes : LogLevel.Information;
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
                exchange.Usage.Output,
                ProvidersId(exchange));
        }
    }

    // What the client was told in place of our id, and will name when it asks.
    private static string ProvidersId(Exchange exchange) =>
        exchange.Ingress.RequestIdHeader is { } header && exchange.ResponseHeaders[header].ToString() is { Length: > 0 and <= LongestId } told && told != exchange.RequestId ? told : "-";

    /// <summary>A provider answered an attempt with an error status.</summary>
    public void AttemptFailed(Exchange exchange, LaneLease lease, FaultClass fault, int status) =>
        AttemptFailed(logger, exchange.RequestId, lease.Pool.Name, lease.Lane.Name, fault, status);

    /// <summary>An attempt failed without an answer.</summary>
    public void AttemptFailed(Exchange exchange, LaneLease lease, string reason) => AttemptBroke(logger, exchange.RequestId, lease.Pool.Name, lease.Lane.Name, reason);

    /// <summary>Nothing better was left than this lane.</summary>
    public void LastResort(Exchange exchange, LaneLease lease) => LastResort(logger, exchange.RequestId, lease.Pool.Name, lease.Lane.Name);

    /// <summary>A probe of a lane's health failed; status 0 when there was no answer.</summary>
    public void ProbeFailed(string lane, string reason, int status) => ProbeFailed(logger, lane, reason, status);

    /// <summary>Probing a lane ran into a bug and has ended.</summary>
    public void ProberFailed(string lane, Exception exception) => ProberFailed(logger, lane, exception);

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

    [LoggerMessage(EventId = 1, Message = "request {RequestId} {Protocol} pool={Pool} lane={Lane} status={Status} outcome={Outcome} attempts={Attempts} ms={Milliseconds} tokens_in={Input} tokens_out={Output} provider_id={ProviderRequestId}")]
    private static partial void Ended(ILogger logger, LogLevel level, string requestId, string protocol, string pool, string lane, int status, string outcome, int attempts, long milliseconds, long input, long output, string providerRequestId);

    [LoggerMessage(2, LogLevel.Warning, "attempt failed: request={RequestId} pool={Pool} lane={Lane} fault={Fault} status={Status}")]
    private static partial void AttemptFailed(ILogger logger, string requestId, string pool, string lane, FaultClass fault, int status);

    [LoggerMessage(3, LogLevel.Warning, "attempt failed: request={RequestId} pool={Pool} lane={Lane} {Reason}")]
    private static partial void AttemptBroke(ILogger logger, string requestId, string pool, string lane, string reason);

    [LoggerMessage(6, LogLevel.Warning, "no lane is ready: request={RequestId} pool={Pool} tries lane={Lane} as the least bad")]
    private static partial void LastResort(ILogger logger, string requestId, string pool, string lane);

    [LoggerMessage(7, LogLevel.Debug, "health probe failed: lane={Lane} {Reason} status={Status}")]
    private static partial void ProbeFailed(ILogger logger, string lane, string reason, int status);

    [LoggerMessage(8, LogLevel.Error, "health probing of lane={Lane} failed on a bug and has ended")]
    private static partial void ProberFailed(ILogger logger, string lane, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "translation {From} -> {To} cannot carry {Field}; it was dropped or degraded (logged once a minute, counted always)")]
    private static partial void Lost(ILogger logger, string from, string to, string field);

    [LoggerMessage(6, LogLevel.Warning, "token count for {Protocol} clients of pool={Pool} is an estimate: no lane counted (logged once a minute)")]
    private static partial void Estimated(ILogger logger, string protocol, string pool);

    [LoggerMessage(5, LogLevel.Error, "request {RequestId} failed on a bug")]
    private static partial void Unhandled(ILogger logger, string requestId, Exception exception);
}

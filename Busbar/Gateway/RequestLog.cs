using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Busbar.Upstream.Credentials;
using Microsoft.AspNetCore.Http.Features;
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
    /// <summary>The reason of a request that was still under way when the process had waited long enough for it.</summary>
    public const string Shutdown = "shutdown";

    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    private readonly RefusalLines _refusals = new(time);
    private readonly ConcurrentDictionary<int, long> _lossLoggedAt = new();
    private readonly ConcurrentDictionary<(string Provider, string Beta), long> _betaLoggedAt = new();
    private readonly ConcurrentDictionary<SocketError, long> _exhaustionLoggedAt = new();
    private readonly ConcurrentDictionary<(string Pool, ProtocolId Protocol), long> _estimateLoggedAt = new();

    /// <summary>A request has ended.</summary>
    public void Ended(Exchange exchange)
    {
        // A client that left before its body was there is nothing to report, and could fill the log.
        bool isSilent = exchange.Outcome == Outcome.Ok || exchange is { Outcome: Outcome.ClientError, HeadersAt: 0, Attempts: 0 };
        LogLevel level = isSilent ? successes : LogLevel.Information;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        RequestRecord record = RequestRecords.Of(exchange);
        if (record.DowngradedFrom is { } asked)
        {
            Downgraded(logger, level, record.RequestId, OneLine(asked), record.Pool, OneLine(record.Limit), record.Key ?? "-");
        }

        if (exchange.Outcome == Outcome.Ok)
        {
            Ended(
                logger,
                level,
                record.RequestId,
                record.Protocol,
                record.Pool,
                record.Lane ?? "-",
                record.Status,
                record.Outcome,
                record.Attempts,
                (long)record.Total.TotalMilliseconds,
                record.Usage.TotalInput,
                record.Usage.Output,
                record.ProviderRequestId ?? "-",
                exchange.Choice?.Name() ?? "-",
                record.Key ?? "-",
                OneLine(record.KeyName));
            return;
        }

        FailedAttempt last = record.Failures is [.., var failure] ? failure : default;
        EndedBadly(
            logger,
            level,
            record.RequestId,
            record.Protocol,
            record.Pool,
            record.Lane ?? last.Lane ?? "-",
            record.Status,
            record.Outcome,
            record.Attempts,
            (long)record.Total.TotalMilliseconds,
            record.ProviderRequestId ?? "-",
            record.Reason ?? "client_left",
            OneLine(record.Limit),
            last.Provider ?? record.Provider ?? "-",
            last.Status,
            last.Code ?? "-",
            Math.Round(last.Cooldown.TotalSeconds, 1),
            record.Failures.Count == 0 ? "-" : string.Join(' ', record.Failures),
            record.Key ?? "-",
            OneLine(record.KeyName),
            AddressOf(exchange)?.ToString() ?? "-");
    }

    /// <summary>A credential was refused; at most one line a second for each address it came from.</summary>
    public void Refused(Exchange exchange)
    {
        string address = AddressOf(exchange)?.ToString() ?? "-";
        if (_refusals.IsDue(address, time.GetTimestamp(), out long unlogged))
        {
            string credential = CredentialOf(exchange);
            Refused(logger, exchange.RequestId, exchange.Route.Protocol.Name(), address, credential, exchange.Reason
                ?? (credential == "none" ? "missing" : "unknown"), unlogged);
        }
    }

    private static string CredentialOf(Exchange exchange)
    {
        if (exchange.RequestHeaders.ContainsKey(Authenticator.KeyHeader))
        {
            return Authenticator.KeyHeader;
        }

        string? token = Authenticator.Carried(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol, out CredentialCarrier carrier);
        return carrier switch
        {
            CredentialCarrier.Bearer => "Authorization",
            CredentialCarrier.ApiKeyHeader => "x-api-key",
            CredentialCarrier.GoogleHeader => "x-goog-api-key",
            CredentialCarrier.AzureHeader => "api-key",
            CredentialCarrier.Query => "?key=",
            _ => token is null && exchange.RequestHeaders.Authorization.Count > 0 ? "signature" : "none",
        };
    }

    private static IPAddress? AddressOf(Exchange exchange) => ClientAddress.Of(
        exchange.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress, exchange.RequestHeaders, exchange.Snapshot.Config.TrustedProxies);

    private static string OneLine(string? name) => name is null ? "-"
        : string.Concat(name.Select(character => char.IsControl(character) ? ' ' : character));

    /// <summary>Attempts of a request failed: all that it has noted after the first <paramref name="known"/>.</summary>
    public void AttemptsFailed(Exchange exchange, int known)
    {
        for (; known < (exchange.Failures?.Count ?? 0); known++)
        {
            FailedAttempt failure = exchange.Failures![known];
            AttemptFailed(
                logger,
                exchange.RequestId,
                failure.Pool,
                failure.Lane,
                failure.Provider,
                failure.Reason,
                failure.Status,
                failure.Code ?? "-",
                Math.Round(failure.Cooldown.TotalSeconds, 1),
                (long)exchange.Elapsed.TotalMilliseconds);
        }
    }

    /// <summary>A call could not be made for want of something of this machine's; at most one line a minute.</summary>
    public void LocalExhaustion(Exchange exchange, LaneLease lease, SocketError reason)
    {
        if (IsDue(_exhaustionLoggedAt, reason))
        {
            Exhausted(logger, exchange.RequestId, lease.Pool.Name, lease.Lane.Name, reason);
        }
    }

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

    /// <summary>A beta that a client asked for is denied; at most one line a minute for each provider and beta.</summary>
    public void BetaDenied(string provider, string beta)
    {
        if (IsDue(_betaLoggedAt, (provider, beta)))
        {
            BetaDenied(logger, beta, provider);
        }
    }

    /// <summary>A token count was estimated; at most one line a minute for each pool and protocol.</summary>
    public void Estimated(Exchange exchange, Pool pool)
    {
        if (IsDue(_estimateLoggedAt, (pool.Name, exchange.Route.Protocol)))
        {
            Estimated(logger, exchange.Route.Protocol.Name(), pool.Name);
        }
    }

    /// <summary>A request ran into a bug.</summary>
    public void Unhandled(Exchange exchange, Exception exception)
        => Unhandled(logger, exchange.Ingress is null ? "-" : exchange.RequestId, exception);

    [LoggerMessage(
        9, LogLevel.Warning,
    "the beta {Beta} was left out of a request: deny_betas of provider {Provider} lists it (logged once a minute, counted always)")]
    private static partial void BetaDenied(ILogger logger, string beta, string provider);

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

    [LoggerMessage(
        EventId = 1, Message =
        "request {RequestId} {Protocol} pool={Pool} lane={Lane} status={Status} outcome={Outcome} attempts={Attempts} ms={Milliseconds} " +
        "tokens_in={Input} tokens_out={Output} provider_id={ProviderRequestId} choice={Choice} key={Key} key_name=\"{KeyName}\"")]
    private static partial void Ended(ILogger logger, LogLevel level, string requestId, string protocol, string pool, string lane, int status,
        string outcome, int attempts, long milliseconds, long input, long output, string providerRequestId, string choice, string key,
    string keyName);

    [LoggerMessage(
        EventId = 10, Message = "request {RequestId} asked for pool={Asked} and went to pool={Pool}: limit=\"{Limit}\" of key={Key} had no room")]
    private static partial void Downgraded(ILogger logger, LogLevel level, string requestId, string asked, string pool, string limit, string key);

    [LoggerMessage(
        EventId = 2, Message =
        "request {RequestId} {Protocol} pool={Pool} lane={Lane} status={Status} outcome={Outcome} attempts={Attempts} ms={Milliseconds} " +
        "provider_id={ProviderRequestId} reason={Reason} limit=\"{Limit}\" provider={Provider} provider_status={ProviderStatus} code={Code} " +
        "cooldown_s={CooldownS} failures=\"{Failures}\" key={Key} key_name=\"{KeyName}\" client={Client}")]
    private static partial void EndedBadly(
        ILogger logger, LogLevel level, string requestId, string protocol, string pool, string lane, int status, string outcome, int attempts,
        long milliseconds, string providerRequestId, string reason, string limit, string provider, int providerStatus, string code, double cooldownS,
        string failures, string key, string keyName, string client);

    [LoggerMessage(
        3, LogLevel.Warning,
    "attempt failed: request={RequestId} pool={Pool} lane={Lane} provider={Provider} reason={Reason} status={Status} code={Code} " +
        "cooldown_s={CooldownS} ms={Milliseconds}")]
    private static partial void AttemptFailed(ILogger logger, string requestId, string pool, string lane, string provider, string reason, int status,
        string code, double cooldownS, long milliseconds);

    [LoggerMessage(
        9, LogLevel.Warning,
    "credential refused: request={RequestId} {Protocol} client={Client} carried_in={CarriedIn} reason={Reason}; {Unlogged} more from there since " +
        "the last such line (logged once a second for each address)")]
    private static partial void Refused(ILogger logger, string requestId, string protocol, string client, string carriedIn, string reason,
        long unlogged);

    [LoggerMessage(
        9, LogLevel.Warning,
    "a provider could not be called for want of descriptors, buffers or ports here: request={RequestId} pool={Pool} lane={Lane} {Reason}; raise " +
        "the limit on open files (logged once a minute, counted always)")]
    private static partial void Exhausted(ILogger logger, string requestId, string pool, string lane, SocketError reason);

    [LoggerMessage(6, LogLevel.Warning, "no lane is ready: request={RequestId} pool={Pool} tries lane={Lane} as the least bad")]
    private static partial void LastResort(ILogger logger, string requestId, string pool, string lane);

    [LoggerMessage(7, LogLevel.Debug, "health probe failed: lane={Lane} {Reason} status={Status}")]
    private static partial void ProbeFailed(ILogger logger, string lane, string reason, int status);

    [LoggerMessage(8, LogLevel.Error, "health probing of lane={Lane} failed on a bug and has ended")]
    private static partial void ProberFailed(ILogger logger, string lane, Exception exception);

    [LoggerMessage(
        4, LogLevel.Warning, "translation {From} -> {To} cannot carry {Field}; it was dropped or degraded (logged once a minute, counted always)")]
    private static partial void Lost(ILogger logger, string from, string to, string field);

    [LoggerMessage(6, LogLevel.Warning, "token count for {Protocol} clients of pool={Pool} is an estimate: no lane counted (logged once a minute)")]
    private static partial void Estimated(ILogger logger, string protocol, string pool);

    [LoggerMessage(5, LogLevel.Error, "request {RequestId} failed on a bug")]
    private static partial void Unhandled(ILogger logger, string requestId, Exception exception);
}

using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Labels;
using Busbar.Ir;
using Busbar.Observability.Live;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Reliability;

namespace Busbar.Gateway;

/// <summary>Makes the record of a request that has ended.</summary>
internal static class RequestRecords
{
    private const int LongestId = 200;

    /// <summary>The record of <paramref name="exchange"/>, once it is settled.</summary>
    public static RequestRecord Of(Exchange exchange)
    {
        VirtualKey? key = exchange.Caller.Key?.Key;
        Lane? lane = exchange.ServedBy is { } name ? exchange.Snapshot.Fleet.Lanes.FirstOrDefault(lane => lane.Name == name) : null;
        ChargedAmount? settled = exchange.Reservation.Settled;
        return new RequestRecord
        {
            RequestId = exchange.RequestId,
            ProviderRequestId = ProvidersId(exchange),
            Time = exchange.Snapshot.Time.GetUtcNow(),
            Key = key?.Id,
            KeyName = key?.Name,
            Group = exchange.Caller.Key?.Group?.Group.Name,
            GroupId = key?.GroupId,
            Limit = exchange.Reservation.RefusedBy?.Name ?? (
                exchange.Reservation.RefusedBySession is { } limit ? $"{key?.Id} {limit.Key.TrimEnd('/')}" : exchange.DowngradedBy),
            DowngradedFrom = exchange.DowngradedFrom,
            Labels = LabelsOf(key, exchange.Reservation.Labels),
            Protocol = exchange.Route.Protocol.Name(),
            Pool = exchange.Pool?.Name ?? Metrics.Unresolved,
            ModelAsked = exchange.DowngradedFrom ?? exchange.Pool?.Name,
            Client = exchange.ClientAddress,
            Lane = exchange.ServedBy,
            Provider = lane?.Provider.Name,
            ModelServed = lane?.Model.UpstreamModel,
            Usage = settled?.Usage ?? exchange.Usage,
            IsEstimated = settled?.IsEstimated ?? false,
            CostCents = key is null ? null : (settled?.SpendNanos ?? 0) / (double)Money.NanosPerCent,
            IsUnpriced = settled?.IsUnpriced ?? false,
            ServiceTier = (settled?.Usage ?? exchange.Usage).Tier,
            Status = exchange.HeadersAt == 0 ? 0 : exchange.Status,
            Outcome = Metrics.Outcomes[(int)exchange.Outcome],
            Reason = exchange.Outcome == Outcome.Ok ? null : exchange.Reason ?? (exchange.Failures is [.., var last] ? last.Reason : null),
            Attempts = exchange.Attempts,
            Failures = exchange.Failures is { } failures ? [.. failures] : [],
            FirstContent = exchange.ServedBy is not null && exchange.HeadersAt != 0
                ? exchange.Snapshot.Time.GetElapsedTime(exchange.Started, exchange.HeadersAt) : null,
            Total = exchange.Elapsed,
        };
    }

    /// <summary>What is kept of <paramref name="exchange"/> for a while, once it is settled. Allocates nothing where it went well.</summary>
    public static RecentRequest RecentOf(Exchange exchange)
    {
        KeyEntry? entry = exchange.Caller.Key;
        ChargedAmount? settled = exchange.Reservation.Settled;
        Usage usage = settled?.Usage ?? exchange.Usage;
        return new RecentRequest
        {
            EndedAtMs = exchange.Snapshot.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            RequestId = exchange.Outcome == Outcome.Ok ? exchange.MintedId : exchange.RequestId,
            ProviderRequestId = ProvidersId(exchange),
            Key = entry?.Key.Id,
            KeyName = entry?.Key.Name,
            Group = entry?.Group?.Group.Name,
            Protocol = exchange.Route.Protocol,
            Pool = exchange.Pool?.Name ?? Metrics.Unresolved,
            ServedIn = exchange.ServedIn?.Name,
            Lane = exchange.ServedBy,
            Status = exchange.HeadersAt != 0 ? exchange.Status : 0,
            Outcome = exchange.Outcome,
            Reason = exchange.Outcome == Outcome.Ok ? null : exchange.Reason ?? (exchange.Failures is [.., var last] ? last.Reason : null),
            Limit = exchange.Reservation.RefusedBy?.Name ?? exchange.DowngradedBy,
            DowngradedFrom = exchange.DowngradedFrom,
            Attempts = exchange.Attempts,
            Failures = exchange.Failures,
            Streams = exchange.Streams,
            InputTokens = usage.TotalInput,
            CachedTokens = usage.CacheRead,
            OutputTokens = usage.Output,
            IsEstimated = settled?.IsEstimated ?? false,
            CostNanos = entry is null ? null : settled?.SpendNanos ?? 0,
            FirstContentMs = exchange.ServedBy is not null && exchange.HeadersAt != 0
                ? (int)exchange.Snapshot.Time.GetElapsedTime(exchange.Started, exchange.HeadersAt).TotalMilliseconds : null,
            TotalMs = (int)exchange.Elapsed.TotalMilliseconds,
            Lost = exchange.Lost,
        };
    }

    private static IReadOnlyDictionary<string, string>? LabelsOf(VirtualKey? key, string ofRequest)
    {
        if (ofRequest.Length == 0)
        {
            return key?.Labels;
        }

        var labels = new Dictionary<string, string>(key?.Labels ?? VirtualKey.NoLabels);
        foreach ((string name, string value) in RequestLabels.Read(ofRequest))
        {
            labels[name] = value;
        }

        return labels;
    }

    /// <summary>What the client was told in place of our id, and will name when it asks; null when it was told ours.</summary>
    public static string? ProvidersId(Exchange exchange) =>
        exchange.Ingress.RequestIdHeader is { } header && exchange.ResponseHeaders[header].ToString() is { Length: > 0 and <= LongestId } told
            && told != exchange.MintedId ? told : null;
}

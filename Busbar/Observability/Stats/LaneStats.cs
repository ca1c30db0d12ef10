using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;

namespace Busbar.Observability.Stats;

/// <summary>One lane in <c>/stats</c>. Cooldown and streak are the worst over its cells; a budget of -1 is unlimited.</summary>
internal sealed record LaneStats
{
    /// <summary>Configured model name.</summary>
    public required string Model { get; init; }

    /// <summary>Model id on the wire.</summary>
    public required string UpstreamModel { get; init; }

    /// <summary>Provider name.</summary>
    public required string Provider { get; init; }

    /// <summary>Which of the provider's keys it uses, from 0.</summary>
    public required int Key { get; init; }

    /// <summary>Calls that may be in flight.</summary>
    public required int MaxConcurrent { get; init; }

    /// <summary>Calls in flight.</summary>
    public required int Inflight { get; init; }

    /// <summary>Calls that may still begin.</summary>
    public required int FreeSlots { get; init; }

    /// <summary>Calls answered, in the life of the process.</summary>
    public required long Ok { get; init; }

    /// <summary>Calls failed.</summary>
    public required long Err { get; init; }

    /// <summary>Calls that failed by the client's fault.</summary>
    public required long ClientFault { get; init; }

    /// <summary>Whether some pool could send a request here now.</summary>
    public required bool Usable { get; init; }

    /// <summary>What keeps traffic away, or <c>ok</c>.</summary>
    public required string Availability { get; init; }

    /// <summary>Out of every pool because of its account or credential.</summary>
    public required bool Dead { get; init; }

    /// <summary>Why; null when it is not.</summary>
    public required string? DeadReason { get; init; }

    /// <summary>Seconds of cooldown left.</summary>
    public required double CooldownRemainingS { get; init; }

    /// <summary>Failures in a row.</summary>
    public required int Streak { get; init; }

    /// <summary>Moving average of the time to a good answer's headers; null before the first.</summary>
    public required double? LatencyEwmaMs { get; init; }

    /// <summary>Successful calls left in the life of the process; -1 for no limit.</summary>
    public required long Budget { get; init; }

    /// <summary>Its breaker cells.</summary>
    public required IReadOnlyList<CellStats> Cells { get; init; }

    /// <summary>A reading of <paramref name="lane"/>.</summary>
    public static LaneStats Of(Lane lane)
    {
        CellView[] cells = [.. lane.Cells()];
        return new LaneStats
        {
            Model = lane.Name,
            UpstreamModel = lane.Model.UpstreamModel,
            Provider = lane.Provider.Name,
            Key = lane.KeyIndex,
            MaxConcurrent = lane.Permits.Max,
            Inflight = lane.Permits.InFlight,
            FreeSlots = lane.Permits.Free,
            Ok = lane.State.Ok,
            Err = lane.State.Errors,
            ClientFault = lane.State.ClientFaults,
            Usable = lane.IsUsable,
            Availability = lane.Availability,
            Dead = lane.State.DeadReason is not null,
            DeadReason = lane.State.DeadReason,
            CooldownRemainingS = cells.Max(cell => Math.Round(cell.CooldownRemaining.TotalSeconds, 3)),
            Streak = cells.Max(cell => cell.Streak),
            LatencyEwmaMs = lane.State.Latency.Milliseconds is { } average ? Math.Round(average, 3) : null,
            Budget = lane.Budget.Remaining,
            Cells = [.. cells.Select(CellStats.Of)],
        };
    }
}

using Busbar.Governance.Groups;

namespace Busbar.Governance.Leases;

/// <summary>What the desk collects for its next calls.</summary>
/// <param name="session">The session in which it is asked.</param>
/// <param name="second">The clock of the database.</param>
/// <param name="timestamp">When it began, by this node's clock.</param>
/// <param name="isTick">Whether it is one of those that come every quarter of a second.</param>
internal sealed class LeaseRound(LeaseSession session, long second, long timestamp, bool isTick)
{
    private readonly List<LimitCounter> _counters = [];
    private readonly List<LeaseAsk> _asks = [];

    /// <summary>The session in which it is asked.</summary>
    public LeaseSession Session { get; } = session;

    /// <summary>The clock of the database, epoch second.</summary>
    public long Second { get; } = second;

    /// <summary>When it began, by this node's clock.</summary>
    public long Timestamp { get; } = timestamp;

    /// <summary>Whether it is one of those that come every quarter of a second, as opposed to those that somebody waits for.</summary>
    public bool IsTick { get; } = isTick;

    /// <summary>What is asked.</summary>
    public List<LeaseAsk> Asks => _asks;

    /// <summary>Asks for <paramref name="counter"/>.</summary>
    public void Add(LimitCounter counter, in LeaseAsk ask)
    {
        _counters.Add(counter);
        _asks.Add(ask);
    }

    /// <summary>Whose the ask with this number is.</summary>
    public LimitCounter this[int index] => _counters[index];
}

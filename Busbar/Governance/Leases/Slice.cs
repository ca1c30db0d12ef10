namespace Busbar.Governance.Leases;

/// <summary>What this node has borrowed of one limit, and how much of it goes. Guarded by the lock of its counter.</summary>
/// <param name="desk">Where it is borrowed.</param>
internal sealed class Slice(LeaseDesk desk)
{
    /// <summary>Where it is borrowed.</summary>
    public LeaseDesk Desk { get; } = desk;

    /// <summary>The session in which it is borrowed; null before the first.</summary>
    public LeaseSession? Session { get; set; }

    /// <summary>What this node may use in the window, what it has used included.</summary>
    public long Granted { get; set; }

    /// <summary>
    /// For so much the database knows what to take to be used should this node crash: nothing is admitted beyond that, whatever was borrowed, so that
    /// a crash forgets nothing that a provider was sent.
    /// </summary>
    public long Booked { get; set; }

    /// <summary>What the database was last known to have lent; null when that is not known.</summary>
    public long? Borrowed { get; set; }

    /// <summary>What it was last known to have noted as used.</summary>
    public long Noted { get; set; }

    /// <summary>Used up by other nodes, by former sessions of this one, and in earlier windows that count, as last heard.</summary>
    public long OthersUsed { get; set; }

    /// <summary>Lent to other nodes and not used, as last heard.</summary>
    public long OthersLeased { get; set; }

    /// <summary>Used up by all, as somebody asked last; 0 when nobody asked in this window.</summary>
    public long HeardUsed { get; set; }

    /// <summary>Until this timestamp nobody asks again for <see cref="DeniedSize"/> or more.</summary>
    public long DeniedUntil { get; set; }

    /// <inheritdoc cref="DeniedUntil"/>
    public long DeniedSize { get; set; }

    /// <summary>What the requests that wait need together.</summary>
    public long WaitNeed { get; set; }

    /// <summary>How many wait.</summary>
    public long Waiting { get; set; }

    /// <summary>What the one of them that needs least can do with; 0 when none waits.</summary>
    public long WaitLeast { get; set; }

    /// <summary>The largest need of a request lately.</summary>
    public long Typical => Math.Max(_largest, _largestBefore);

    /// <summary>Quarters of a second since a request was last admitted.</summary>
    public int Idle { get; set; }

    /// <summary>Whether the desk looks after it.</summary>
    public bool IsActive { get; set; }

    /// <summary>Whether the desk was told that it runs out.</summary>
    public bool IsHurried { get; set; }

    /// <summary>The window before, while requests that arrived in it are not settled or their settlement is not noted.</summary>
    public FormerWindow? Former { get; set; }

    /// <summary>What the requests that waited lately need and have not taken yet, and how many they are.</summary>
    public (long Need, long Count) Awaited => (Ir.Usage.Add(_awaited.Need, _awaitedBefore.Need), _awaited.Count + _awaitedBefore.Count);

    private const int TicksToForget = 60;

    private (long Need, long Count) _awaited;
    private (long Need, long Count) _awaitedBefore;
    private long _largest;
    private long _largestBefore;
    private int _ticks;
    private long _second;
    private long _demand;
    private long _lastDemand;

    /// <summary>A request needs so much.</summary>
    public void Needs(long need) => _largest = Math.Max(_largest, need);

    /// <summary>A quarter of a second has passed.</summary>
    public void Tick()
    {
        Idle++;
        (_awaitedBefore, _awaited) = (_awaited, default);
        if (++_ticks % TicksToForget == 0 && _largest > 0)
        {
            (_largestBefore, _largest) = (_largest, 0);
        }
    }

    /// <summary>Those who wait are served by the call that is being made; they take their room a moment after it is answered.</summary>
    public void Await()
    {
        _awaited = (Ir.Usage.Add(_awaited.Need, WaitNeed), _awaited.Count + Waiting);
        (WaitNeed, WaitLeast, Waiting) = (0, 0, 0);
    }

    /// <summary>One of those who waited has taken <paramref name="need"/>, or somebody else.</summary>
    public void Arrive(long need)
    {
        ref (long Need, long Count) awaited = ref _awaitedBefore.Count > 0 ? ref _awaitedBefore : ref _awaited;
        awaited = awaited.Count > 1 ? (Math.Max(0, awaited.Need - need), awaited.Count - 1) : default;
    }

    /// <summary>Counts <paramref name="need"/> of a request that was admitted in <paramref name="second"/>.</summary>
    public void Demand(long second, long need, bool isPeak)
    {
        if (second != _second)
        {
            _lastDemand = second == _second + 1 ? _demand : 0;
            _demand = 0;
            _second = second;
        }

        Idle = 0;
        Needs(need);
        _demand = isPeak ? Math.Max(_demand, need) : Ir.Usage.Add(_demand, need);
    }

    /// <summary>What was needed in the last whole second, or is already in this one.</summary>
    public long DemandAt(long second) => second > _second + 1 ? 0 : second == _second + 1 ? _demand : Math.Max(_demand, _lastDemand);

    /// <summary>A window that is over.</summary>
    /// <param name="ask">What was last to be said of it.</param>
    internal sealed class FormerWindow(LeaseAsk ask)
    {
        /// <summary>The session in which it was open; null before the first.</summary>
        public LeaseSession? Session { get; set; }

        /// <summary>What is to be said of it.</summary>
        public LeaseAsk Ask { get; set; } = ask;

        /// <summary>What requests under way hold.</summary>
        public long Held { get; set; }

        /// <summary>Whether the database does not know it yet.</summary>
        public bool IsDirty { get; set; } = true;
    }
}

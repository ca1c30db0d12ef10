using Busbar.Ir;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>What of a lane lives on across reloads: its counters, its health, and the places it has in pools.</summary>
/// <param name="index">Number of the lane in the process; free again once no configuration has the lane.</param>
internal sealed class LaneState(int index)
{
    private long _ok;
    private long _errors;
    private long _clientFaults;
    private int _hardDowns;
    private int _lastFault;
    private readonly Lock _declines = new();
    private int _declined;
    private (int Request, int Caller) _first;
    private (int Request, int Caller) _second;
    private string? _deadReason;
    private PoolSlot[] _slots = [];

    /// <summary>Number of the lane in the process.</summary>
    public int Index => index;

    /// <summary>Successes, ever.</summary>
    public long Ok => Volatile.Read(ref _ok);

    /// <summary>Failures of the provider, ever; each counts once, whatever the pool.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>Requests the provider refused for the client's fault, ever.</summary>
    public long ClientFaults => Volatile.Read(ref _clientFaults);

    /// <summary>Why account or credential are out of use, such as <c>auth (HTTP 401)</c>; null when they are not.</summary>
    public string? DeadReason => Volatile.Read(ref _deadReason);

    /// <summary>What the latest failure was; null before the first.</summary>
    public FaultClass? LastFault
    {
        get => Volatile.Read(ref _lastFault) is > 0 and var fault ? (FaultClass)(fault - 1) : null;
        set => Volatile.Write(ref _lastFault, value is { } fault ? (int)fault + 1 : 0);
    }

    /// <summary>Places in all pools of the latest configuration, the direct route's first.</summary>
    public PoolSlot[] Slots
    {
        get => Volatile.Read(ref _slots);
        set => Volatile.Write(ref _slots, value);
    }

    /// <summary>How long its answers take to begin.</summary>
    public Latency Latency { get; } = new();

    /// <summary>
    /// How the times are spread that its answers take to begin, as far as pools look at it that call a second lane beside a slow one.
    /// </summary>
    public LatencyShape Beginnings { get; } = new();

    /// <summary>Counts a success.</summary>
    public void CountOk() => Interlocked.Increment(ref _ok);

    /// <summary>Counts a failure.</summary>
    public void CountError() => Interlocked.Increment(ref _errors);

    /// <summary>Counts a client fault.</summary>
    public void CountClientFault() => Interlocked.Increment(ref _clientFaults);

    /// <summary>The account or credential failed: opens every cell of the lane; those of chat only if chat was asked for.</summary>
    /// <param name="fault">Auth or billing, or what was declined too often.</param>
    /// <param name="status">HTTP status, 0 when there was none.</param>
    /// <param name="isBeside">It was said of something else than chat.</param>
    public void HardDown(FaultClass fault, int status, bool isBeside = false)
    {
        CountError();
        if (!isBeside)
        {
            LastFault = fault;
            var name = fault switch { FaultClass.Billing => "billing", FaultClass.Declined => "declined", _ => "auth" };
            Volatile.Write(ref _deadReason, status == 0 ? name : $"{name} (HTTP {status})");
            Interlocked.Increment(ref _hardDowns);
        }

        foreach (var slot in Slots)
        {
            slot.Beside.HardDown();
            if (!isBeside)
            {
                slot.Settle(slot.Cell.HardDown());
            }
        }
    }

    /// <summary>
    /// Another process met a refused account or credential: as <see cref="HardDown"/>, for <paramref name="left"/> at most, without counting a
    /// failure.
    /// </summary>
    public void HearDown(string reason, TimeSpan left)
    {
        if (DeadReason is not null)
        {
            return;
        }

        Volatile.Write(ref _deadReason, reason);
        Interlocked.Increment(ref _hardDowns);
        foreach (var slot in Slots)
        {
            slot.Beside.HardDown((long)left.TotalMilliseconds);
            slot.Settle(slot.Cell.HardDown((long)left.TotalMilliseconds));
        }
    }

    /// <summary>Another process was asked to leave the provider alone for <paramref name="left"/>.</summary>
    public void HearWait(TimeSpan left)
    {
        foreach (var slot in Slots)
        {
            slot.Cell.Hold((long)left.TotalMilliseconds);
            slot.Beside.Hold((long)left.TotalMilliseconds);
        }
    }

    /// <summary>
    /// A call was declined without evidence about the account. True when it is the third in a row, each of another request; where several callers use
    /// the lane, of at least two of them.
    /// </summary>
    public bool Declined(int request, int caller, bool hasSeveralCallers)
    {
        lock (_declines)
        {
            switch (_declined)
            {
                case 0:
                    (_first, _declined) = ((request, caller), 1);
                    return false;
                case 1 when request != _first.Request:
                    (_second, _declined) = ((request, caller), 2);
                    return false;
                case 2 when request != _first.Request && request != _second.Request:
                    if (hasSeveralCallers && caller == _first.Caller && caller == _second.Caller)
                    {
                        return false;
                    }

                    _declined = 0;
                    return true;
                default:
                    return false;
            }
        }
    }

    /// <summary>A call succeeded: what was declined before it had reasons of its own.</summary>
    public void Accepted()
    {
        if (Volatile.Read(ref _declined) != 0)
        {
            lock (_declines)
            {
                _declined = 0;
            }
        }
    }

    /// <summary>A cell came back: account and credential work.</summary>
    public void Recovered() => Volatile.Write(ref _deadReason, null);

    /// <summary>An administrator wants another try at once: closes every cell, whatever the reason it was open for.</summary>
    public void Reset()
    {
        Recovered();
        foreach (var slot in Slots)
        {
            slot.Settle(slot.Cell.Reset());
            slot.Beside.Reset();
        }
    }

    /// <summary>True when an active health check in mode <c>dead</c> should call the lane: some cell is not Closed, or in a soft cooldown.</summary>
    public bool IsSuppressed
    {
        get
        {
            foreach (var slot in Slots)
            {
                if (slot.Cell.Word.State != BreakerState.Closed || !slot.Cell.IsReady)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>To be noted before a health check is sent and handed to <see cref="HealthSucceeded"/>.</summary>
    public int BeginHealthCheck() => Volatile.Read(ref _hardDowns);

    /// <summary>A health check succeeded: closes every cell, unless the lane went hard down since the check began.</summary>
    public void HealthSucceeded(int begun)
    {
        CountOk();
        Accepted();
        foreach (var slot in Slots)
        {
            slot.Settle(slot.Cell.Heal(in _hardDowns, begun));
            slot.Cell.Succeeded(probe: 0);
            slot.Beside.Heal(in _hardDowns, begun);
        }
    }

    /// <summary>A health check failed through the provider's fault: each cell judges by its own settings.</summary>
    public void HealthFailed(TimeSpan? retryAfter)
    {
        CountError();
        foreach (var slot in Slots)
        {
            // A cell whose cooldown is over has just been probed: it waits again instead of offering the lane to a client.
            if (slot.Cell.TryEnter(out var probe) && probe != 0)
            {
                slot.Settle(BreakerChange.ProbeBegan);
            }

            slot.Settle(slot.Cell.Failed(probe, retryAfter));
        }
    }
}

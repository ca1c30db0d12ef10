using Busbar.Ir;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>
/// One attempt at a lane: owns a permit and, in a cell that was Open, the probe. Say when the answer has begun, report at most one outcome, then
/// dispose. Disposing without an outcome (the client went away) moves no breaker. Reporting and disposing may race; each takes effect once.
/// </summary>
internal sealed class LaneLease : IDisposable
{
    // Worth to be told to other processes.
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(10);

    private readonly int _probe;
    private readonly int _caller;
    private readonly bool _isBeside;
    private readonly long _began;
    private readonly int _tokens;
    private readonly int _pacedAt;
    private byte _wasCalled;
    private byte _hasBegun;
    private byte _isSettled;
    private byte _spent;
    private byte _disposed;

    internal LaneLease(Pool pool, PoolMember member, int probe, PickReason reason, in PickRequest request, long now, long pacedAt)
    {
        Pool = pool;
        Member = member;
        Reason = reason;
        _probe = probe;
        _caller = request.Caller;
        _isBeside = request.IsBeside;
        _began = now;

        // Tokens fit, since bodies are smaller than that; so do seconds of a process's life.
        _tokens = (int)request.Tokens;
        _pacedAt = (int)pacedAt;
    }

    /// <summary>The pool it was picked from.</summary>
    public Pool Pool { get; }

    /// <summary>The lane's place in that pool.</summary>
    public PoolMember Member { get; }

    /// <summary>Why it was taken.</summary>
    public PickReason Reason { get; }

    /// <summary>The lane.</summary>
    public Lane Lane => Member.Lane;

    /// <summary>True when this call decides whether the lane comes back into rotation.</summary>
    public bool IsProbe => _probe != 0;

    private BreakerCell Cell => Member.Slot.CellOf(_isBeside);

    private BreakerCall Call => new(_caller, _began, _probe != 0 && Volatile.Read(ref _hasBegun) == 1);

    /// <summary>A call goes out now. From the second on each counts in the provider's minute too.</summary>
    public void Called()
    {
        if (_wasCalled == 0)
        {
            _wasCalled = 1;
        }
        else if (_pacedAt >= 0)
        {
            Lane.Permits.Pace?.Correct(_pacedAt, 1, _tokens);
        }
    }

    /// <summary>What the call cost by the provider's own count, in place of what it was likely to.</summary>
    public void Used(long tokens)
    {
        if (_pacedAt >= 0 && tokens != _tokens)
        {
            Lane.Permits.Pace?.Correct(_pacedAt, 0, tokens - _tokens);
        }
    }

    /// <summary>
    /// The answer has begun: spends one of the lifetime budget, and gives a probe's place to the next request. What becomes of the answer is not
    /// known yet.
    /// </summary>
    public void Begun()
    {
        if (Volatile.Read(ref _isSettled) == 0 && Interlocked.Exchange(ref _hasBegun, (byte)1) == 0)
        {
            if (Lane.Budget.TrySpend())
            {
                Volatile.Write(ref _spent, 1);
            }

            // Nobody is told: the lane neither failed nor came back.
            Cell.GiveBack(_probe);
        }
    }

    /// <summary>The answer is whole: records a success.</summary>
    public void Succeeded()
    {
        if (TrySettle())
        {
            Lane.State.CountOk();
            if (Interlocked.Exchange(ref _hasBegun, (byte)1) == 0 && Lane.Budget.TrySpend())
            {
                Volatile.Write(ref _spent, 1);
            }

            if (!_isBeside)
            {
                Lane.State.Accepted();
            }

            Settle(Cell.Succeeded(_probe, Call));
        }
    }

    /// <summary>The provider failed, before its answer began or after (<see cref="FaultDispositions.IsFailure"/>).</summary>
    /// <param name="fault">What failed.</param>
    /// <param name="retryAfter">What the provider asked for: a floor under the cooldown.</param>
    public void Failed(FaultClass fault, TimeSpan? retryAfter = null)
    {
        Require(fault, FaultDispositions.Of(fault).IsFailure());
        if (TrySettle())
        {
            Lane.State.LastFault = fault;
            Lane.State.CountError();
            Settle(Cell.Failed(_probe, retryAfter, Call));
            if (retryAfter >= LongWait)
            {
                Member.Slot.Pool.Events.AskedToWait(Lane, retryAfter.Value);
            }
        }
    }

    /// <summary>Account or credential failed: takes the lane out of every pool.</summary>
    /// <param name="fault">Auth or billing, or what was declined too often.</param>
    /// <param name="status">HTTP status, 0 when there was none.</param>
    public void HardDown(FaultClass fault, int status)
    {
        Require(fault, FaultDispositions.Of(fault) is FaultDisposition.HardDown or FaultDisposition.Declined);
        if (TrySettle())
        {
            Lane.State.HardDown(fault, status, _isBeside);
            if (!_isBeside)
            {
                Member.Slot.Pool.Events.WentDown(Lane);
            }
        }
    }

    /// <summary>
    /// The provider declined the call without a word about the account. True when that makes three in a row of different requests, no success
    /// between, and not all of one caller where others use the lane: then the account is to blame.
    /// </summary>
    /// <param name="request">Hash of the request.</param>
    public bool IsDeclinedTooOften(int request) => !_isBeside && Lane.State.Declined(request, _caller, Cell.HasSeveralCallers);

    /// <summary>The client's request was at fault: counted, no penalty, the probe goes back.</summary>
    public void ClientFault()
    {
        if (TrySettle())
        {
            Lane.State.CountClientFault();
            GiveProbeBack();
        }
    }

    /// <summary>Nobody's fault that the lane must answer for: no penalty, the probe goes back.</summary>
    public void Pass()
    {
        if (TrySettle())
        {
            GiveProbeBack();
        }
    }

    /// <summary>The client got nothing for what <see cref="Begun"/> spent: gives it back, once.</summary>
    public void RefundBudget()
    {
        if (Interlocked.Exchange(ref _spent, (byte)0) == 1)
        {
            Lane.Budget.Refund();
        }
    }

    /// <summary>Gives back the probe, if there was no outcome, and the permit.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, (byte)1) == 0)
        {
            Pass();
            if (_wasCalled == 0)
            {
                Lane.Permits.GiveBack(_pacedAt, _tokens);
            }
            else
            {
                Lane.Permits.Release();
            }
        }
    }

    private bool TrySettle() => Interlocked.Exchange(ref _isSettled, (byte)1) == 0;

    private void GiveProbeBack() => Settle(Cell.GiveBack(_probe));

    private void Settle(BreakerChange change) => Member.Slot.Settle(change, _isBeside);

    private static void Require(FaultClass fault, bool isMeant)
    {
        if (!isMeant)
        {
            throw new ArgumentOutOfRangeException(nameof(fault), fault,
                $"not to be reported in this way: its disposition is {FaultDispositions.Of(fault)}");
        }
    }
}

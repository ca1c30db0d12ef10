using Busbar.Ir;
using Busbar.Reliability.Faults;

namespace Busbar.Reliability;

/// <summary>
/// One attempt at a lane: owns a permit and, in a cell that was Open, the probe. Report at most one outcome, then dispose. Disposing without an
/// outcome (the client went away) moves no breaker. Reporting and disposing may race; each takes effect once.
/// </summary>
internal sealed class LaneLease : IDisposable
{
    private readonly int _probe;
    private int _outcome;
    private int _spent;
    private int _disposed;

    internal LaneLease(Pool pool, PoolMember member, int probe)
    {
        Pool = pool;
        Member = member;
        _probe = probe;
    }

    /// <summary>The pool it was picked from.</summary>
    public Pool Pool { get; }

    /// <summary>The lane's place in that pool.</summary>
    public PoolMember Member { get; }

    /// <summary>The lane.</summary>
    public Lane Lane => Member.Lane;

    /// <summary>True when this call decides whether the lane comes back into rotation.</summary>
    public bool IsProbe => _probe != 0;

    /// <summary>The answer has begun: records a success and spends one of the lifetime budget.</summary>
    public void Succeeded()
    {
        if (TryReport(Outcome.Succeeded))
        {
            Lane.State.CountOk();
            if (Lane.Budget.TrySpend())
            {
                Volatile.Write(ref _spent, 1);
            }

            Member.Slot.Settle(Member.Slot.Cell.Succeeded(_probe));
        }
    }

    /// <summary>The provider failed before the answer began (<see cref="FaultDisposition.TransientUpstream"/>).</summary>
    /// <param name="fault">What failed.</param>
    /// <param name="retryAfter">What the provider asked for: a floor under the cooldown.</param>
    public void Failed(FaultClass fault, TimeSpan? retryAfter = null)
    {
        Require(fault, FaultDisposition.TransientUpstream);
        if (TryReport(Outcome.Final))
        {
            Lane.State.LastFault = fault;
            RecordFailure(retryAfter);
        }
    }

    /// <summary>Account or credential failed: takes the lane out of every pool.</summary>
    /// <param name="fault">Auth or billing.</param>
    /// <param name="status">HTTP status, 0 when there was none.</param>
    public void HardDown(FaultClass fault, int status)
    {
        Require(fault, FaultDisposition.HardDown);
        if (TryReport(Outcome.Final))
        {
            Lane.State.HardDown(fault, status);
        }
    }

    /// <summary>The client's request was at fault: counted, no penalty, the probe goes back.</summary>
    public void ClientFault()
    {
        if (TryReport(Outcome.Final))
        {
            Lane.State.CountClientFault();
            GiveProbeBack();
        }
    }

    /// <summary>The request was too long for the lane: no penalty, the probe goes back.</summary>
    public void ContextExceeded()
    {
        if (TryReport(Outcome.Final))
        {
            GiveProbeBack();
        }
    }

    /// <summary>The answer broke off after <see cref="Succeeded"/>: a failure is recorded, the budget stays spent.</summary>
    /// <param name="retryAfter">What the provider asked for, if it did.</param>
    public void FailedAfterSuccess(TimeSpan? retryAfter = null)
    {
        if (Interlocked.CompareExchange(ref _outcome, (int)Outcome.Final, (int)Outcome.Succeeded) == (int)Outcome.Succeeded)
        {
            Lane.State.LastFault = FaultClass.Network;
            RecordFailure(retryAfter);
        }
    }

    /// <summary>The client got nothing for what <see cref="Succeeded"/> spent: gives it back, once.</summary>
    public void RefundBudget()
    {
        if (Interlocked.Exchange(ref _spent, 0) == 1)
        {
            Lane.Budget.Refund();
        }
    }

    /// <summary>Gives back the probe, if there was no outcome, and the permit.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            if (TryReport(Outcome.Final))
            {
                GiveProbeBack();
            }

            Lane.Permits.Release();
        }
    }

    private bool TryReport(Outcome outcome) => Interlocked.CompareExchange(ref _outcome, (int)outcome, (int)Outcome.None) == (int)Outcome.None;

    private void GiveProbeBack() => Member.Slot.Settle(Member.Slot.Cell.GiveBack(_probe));

    private void RecordFailure(TimeSpan? retryAfter)
    {
        Lane.State.CountError();
        Member.Slot.Settle(Member.Slot.Cell.Failed(_probe, retryAfter));
    }

    private static void Require(FaultClass fault, FaultDisposition expected)
    {
        if (FaultDispositions.Of(fault) != expected)
        {
            throw new ArgumentOutOfRangeException(nameof(fault), fault, $"not a fault of disposition {expected}");
        }
    }

    private enum Outcome
    {
        None,
        Succeeded,
        Final,
    }
}

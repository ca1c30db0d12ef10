using Busbar.Configuration.Model.Pools;


namespace Busbar.Reliability.Breaker;

/// <summary>
/// The breaker of one lane in one pool. State, epoch and cooldown change together through <see cref="BreakerTransition"/>; streak, backoff
/// and window stand beside them and are brought up to date before the swap, so that nobody meets the new state with old counts.
/// All members may be called from any thread; none blocks.
/// </summary>
/// <param name="clock">Clock of all deadlines.</param>
/// <param name="random">Uniform in [0, 1), safe for concurrent calls.</param>
/// <param name="settings">Thresholds and times.</param>
/// <param name="active">Who uses the pool; null for nobody else.</param>
internal sealed class BreakerCell(MonotonicClock clock, Func<double> random, BreakerSettings settings, CallerActivity? active = null)
{
    private ulong _word = BreakerWord.Initial.Bits;
    private int _streak;
    private long _backoffMs;
    private long _cooldownBegan;
    private BreakerSettings _settings = settings;
    private OutcomeWindow _window = new(settings.WindowMs);
    private readonly CallerActivity _active = active ?? new CallerActivity();
    private CallerShares _callers = new(settings.WindowMs);

    /// <summary>State, epoch and deadline as of now.</summary>
    public BreakerWord Word => new(Volatile.Read(ref _word));

    /// <summary>Failures since the last success that counted.</summary>
    public int Streak => Volatile.Read(ref _streak);

    /// <summary>Totals of the outcome window.</summary>
    public WindowTotals Window => Volatile.Read(ref _window).Sum(clock.NowMs);

    /// <summary>True when a caller may enter now. Changes nothing.</summary>
    public bool IsReady => Word.IsReady(clock.NowMs);

    /// <summary>What is left of the cooldown, milliseconds; 0 when none.</summary>
    public long CooldownRemainingMs => Math.Max(0, Word.Deadline - clock.NowMs);

    /// <summary>Whether more than one caller used the pool lately.</summary>
    public bool HasSeveralCallers => _active.HasSeveral(clock.NowMs);

    /// <summary>Puts other thresholds in force after a reload. A window of another length starts empty.</summary>
    public void Configure(BreakerSettings settings)
    {
        if (settings.WindowMs != Volatile.Read(ref _window).LengthMs)
        {
            Volatile.Write(ref _window, new OutcomeWindow(settings.WindowMs));
            Volatile.Write(ref _callers, new CallerShares(settings.WindowMs));
        }

        Volatile.Write(ref _settings, settings);
    }

    /// <summary>
    /// Lets a caller in: Closed out of cooldown freely, Open after its cooldown exactly one, who then holds the probe.
    /// </summary>
    /// <param name="probe">Epoch of the probe, to be handed to exactly one of <see cref="Succeeded"/>, <see cref="Failed"/> and
    /// <see cref="GiveBack"/>; 0 when none was needed.</param>
    public bool TryEnter(out int probe)
    {
        var now = clock.NowMs;
        var enter = new BreakerTransition(BreakerTrigger.Enter, now);
        while (true)
        {
            var seen = Word;
            probe = 0;
            if (!seen.IsReady(now))
            {
                return false;
            }

            var next = enter.Apply(seen);
            if (next == seen)
            {
                return true;
            }

            if (TrySwap(seen, next))
            {
                probe = next.Epoch;
                return true;
            }
        }
    }

    /// <summary>
    /// Records a failure of the provider's making. What the provider asks for is a floor under the cooldown, up to the configured cap, and lengthens
    /// one that is under way. A call that began before the last cooldown did tells nothing new: it neither trips nor makes cooldowns grow.
    /// </summary>
    /// <param name="probe">The caller's probe; 0 for none.</param>
    /// <param name="retryAfter">The wait that the provider asked for.</param>
    /// <param name="call">Whose call it was, and since when.</param>
    public BreakerChange Failed(int probe, TimeSpan? retryAfter, in BreakerCall call = default)
    {
        var now = clock.NowMs;
        var settings = Volatile.Read(ref _settings);
        var isStale = call.Began < Volatile.Read(ref _cooldownBegan) && call.Began > 0;
        var streak = Count(call.Caller, now, isStale);
        var floor = retryAfter is { } wait ? (long)Math.Min(wait.TotalMilliseconds, settings.MaxRetryAfterMs) : 0;
        long grown = 0;
        while (true)
        {
            var seen = Word;

            // Judged after the word was read: a recovery in between renews the epoch, the swap fails, and the emptied window is judged again.
            var isTrip = seen.State == BreakerState.Closed && !isStale && MustTrip(settings, streak, now);
            var trigger = seen.State == BreakerState.Closed || (seen.State == BreakerState.HalfOpen && seen.Epoch == probe) ? BreakerTrigger.Failure
                : call.HasYielded && !isStale ? BreakerTrigger.LateFailure
                : BreakerTrigger.Lengthen;
            var isGrowing = trigger == BreakerTrigger.LateFailure
                || (trigger == BreakerTrigger.Failure && (isTrip || seen.State == BreakerState.HalfOpen));
            if (isGrowing && grown == 0)
            {
                grown = Cooldown(settings);
            }

            var length = isGrowing ? grown : trigger == BreakerTrigger.Lengthen ? 0 : settings.BaseMs;
            var next = new BreakerTransition(trigger, now, now + Math.Max(length, floor), probe, isTrip).Apply(seen);
            if (next == seen)
            {
                return new BreakerChange(seen.State, seen.State);
            }

            if (TrySwap(seen, next))
            {
                if (!isStale && trigger != BreakerTrigger.Lengthen)
                {
                    Volatile.Write(ref _cooldownBegan, now);
                }

                return new BreakerChange(seen.State, next.State);
            }
        }
    }

    /// <summary>Records a success; closes the cell when the caller holds the probe, or gave it back when its answer began.</summary>
    public BreakerChange Succeeded(int probe, in BreakerCall call = default)
    {
        var now = clock.NowMs;
        var window = Volatile.Read(ref _window);
        _active.Saw(call.Caller, now);
        var seen = Word;
        if (seen.State == BreakerState.HalfOpen && seen.Epoch == probe)
        {
            // Still ours, so nobody judges by these counts until the swap. A hard-down may win the swap: then empty counts do no harm.
            ForgetFailures(window);
            return Move(new BreakerTransition(BreakerTrigger.Success, now, Probe: probe));
        }

        if (call.HasYielded && Move(new BreakerTransition(BreakerTrigger.LateSuccess, now)) is { IsChange: true } change)
        {
            ForgetFailures(window);
            return change;
        }

        window.Record(now, failed: false);
        if (seen.State == BreakerState.Closed)
        {
            ResetStreak();
        }

        return new BreakerChange(seen.State, seen.State);
    }

    /// <summary>Gives a probe back without a verdict, cooldown left expired. No effect when the probe is no longer the caller's.</summary>
    public BreakerChange GiveBack(int probe) =>
        probe == 0 ? default : Move(new BreakerTransition(BreakerTrigger.GiveBack, clock.NowMs, Probe: probe));

    /// <summary>
    /// Opens the cell for the hard-down cooldown, or the shorter time of <paramref name="maxMs"/>, whatever its state; never shortens a cooldown.
    /// The streak stays.
    /// </summary>
    public BreakerChange HardDown(long maxMs = long.MaxValue)
    {
        var now = clock.NowMs;
        Volatile.Write(ref _cooldownBegan, now);
        return Move(new BreakerTransition(BreakerTrigger.HardDown, now, now + Math.Min(maxMs, Volatile.Read(ref _settings).HardDownMs)));
    }

    /// <summary>The provider asked somebody else to wait: a soft cooldown, up to the configured cap, that counts as no failure.</summary>
    public void Hold(long ms)
    {
        if (Word.State == BreakerState.Closed)
        {
            var now = clock.NowMs;
            Move(new BreakerTransition(BreakerTrigger.Failure, now, now + Math.Min(ms, Volatile.Read(ref _settings).MaxRetryAfterMs)));
        }
    }

    /// <summary>
    /// Closes the cell after a successful health check and clears a soft cooldown, unless <paramref name="generation"/> (the lane's count of
    /// hard-downs, raised before any cell opens) has moved on since the check began.
    /// </summary>
    public BreakerChange Heal(ref readonly int generation, int atStart)
    {
        var heal = new BreakerTransition(BreakerTrigger.Heal, clock.NowMs);
        while (true)
        {
            var seen = Word;
            if (Volatile.Read(in generation) != atStart)
            {
                return new BreakerChange(seen.State, seen.State);
            }

            if (seen.State != BreakerState.Closed)
            {
                ForgetFailures(Volatile.Read(ref _window));
            }

            var next = heal.Apply(seen);
            if (TrySwap(seen, next))
            {
                return new BreakerChange(seen.State, next.State);
            }
        }
    }

    /// <summary>Closes the cell, whatever its state, and forgets failures and cooldown.</summary>
    public BreakerChange Reset()
    {
        ForgetFailures(Volatile.Read(ref _window));
        return Move(new BreakerTransition(BreakerTrigger.Heal, clock.NowMs));
    }

    private BreakerChange Move(in BreakerTransition transition)
    {
        while (true)
        {
            var seen = Word;
            var next = transition.Apply(seen);
            if (TrySwap(seen, next))
            {
                return new BreakerChange(seen.State, next.State);
            }
        }
    }

    private bool TrySwap(BreakerWord seen, BreakerWord next) =>
        Interlocked.CompareExchange(ref _word, next.Bits, seen.Bits) == seen.Bits;

    private int Count(int caller, long now, bool isStale)
    {
        Volatile.Read(ref _window).Record(now, failed: true);
        _active.Saw(caller, now);
        Volatile.Read(ref _callers).Failed(caller, now);
        return isStale ? Streak : IncrementStreak();
    }

    private bool MustTrip(BreakerSettings settings, int streak, long now)
    {
        if (settings.Mode == TripMode.Consecutive)
        {
            // Whichever is lower: a success since then has ended the run.
            var run = Math.Min(streak, Streak);
            return run >= settings.ConsecutiveN && run - Excess(now) >= settings.ConsecutiveN;
        }

        var (total, errors) = Volatile.Read(ref _window).Sum(now);
        if (total < settings.MinRequests || errors < settings.Threshold * total)
        {
            return false;
        }

        var excess = Excess(now);
        return total - excess >= settings.MinRequests && errors - excess >= settings.Threshold * (total - excess);
    }

    // Failures that do not count, because one caller has them beyond what all others have; none where nobody else calls.
    private int Excess(long now) => _active.HasSeveral(now) ? Volatile.Read(ref _callers).Excess(now) : 0;

    /// <summary>Decorrelated jitter: the base first, then uniform between the base and three times the last one, at most the maximum.</summary>
    private long Cooldown(BreakerSettings settings)
    {
        long previous, next;
        do
        {
            previous = Volatile.Read(ref _backoffMs);
            next = previous == 0
                ? settings.BaseMs
                : Math.Min(settings.MaxMs, settings.BaseMs + (long)(random() * Math.Max(0, 3 * previous - settings.BaseMs)));
        }
        while (Interlocked.CompareExchange(ref _backoffMs, next, previous) != previous);

        return next;
    }

    private int IncrementStreak()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _streak);
        }
        while (seen != int.MaxValue && Interlocked.CompareExchange(ref _streak, seen + 1, seen) != seen);
        return seen == int.MaxValue ? seen : seen + 1;
    }

    private void ForgetFailures(OutcomeWindow window)
    {
        window.Clear();
        Volatile.Read(ref _callers).Forget();
        ResetStreak();
    }

    private void ResetStreak()
    {
        Volatile.Write(ref _streak, 0);
        Volatile.Write(ref _backoffMs, 0);
        if (Volatile.Read(ref _settings).Mode == TripMode.Consecutive)
        {
            Volatile.Read(ref _callers).Forget();
        }
    }
}

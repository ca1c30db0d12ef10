namespace Busbar.Reliability.Capacity;

/// <summary>Successful calls one model may serve in the life of the process. Never overspent, never negative.</summary>
/// <param name="max">Calls; negative for no limit.</param>
internal sealed class LifetimeBudget(long max)
{
    private long _max = max;
    private long _spent;

    /// <summary>Calls left; -1 for no limit.</summary>
    public long Remaining => Volatile.Read(ref _max) is >= 0 and var max ? Math.Max(0, max - Volatile.Read(ref _spent)) : -1;

    /// <summary>True when nothing is left.</summary>
    public bool IsUsedUp => Remaining == 0;

    /// <summary>Puts another limit in force after a reload; what was spent stays spent.</summary>
    public void Resize(long max) => Volatile.Write(ref _max, max);

    /// <summary>Spends one; false when there was none left, or when there is no limit and thus nothing to refund.</summary>
    public bool TrySpend()
    {
        while (true)
        {
            var spent = Volatile.Read(ref _spent);
            if (spent >= Volatile.Read(ref _max))
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _spent, spent + 1, spent) == spent)
            {
                return true;
            }
        }
    }

    /// <summary>Gives one back. Only for who got true from <see cref="TrySpend"/>, and once.</summary>
    public void Refund() => Interlocked.Decrement(ref _spent);
}

namespace Busbar.Reliability.Capacity;

/// <summary>
/// Second calls that a pool may make beside its requests. Every request earns a share of one, and what was earned is kept for a few only: a pool that
/// was fast for days may not send everything twice when its providers get slow.
/// </summary>
internal sealed class HedgeBudget
{
    private const long One = 1_000_000;
    private const long Most = 10 * One;

    private long _earned;

    /// <summary>A request came, of which <paramref name="share"/> may be sent twice.</summary>
    public void Earn(double share)
    {
        long seen = Volatile.Read(ref _earned);
        while (true)
        {
            long met = Interlocked.CompareExchange(ref _earned, Math.Min(Most, seen + (long)(share * One)), seen);
            if (met == seen)
            {
                return;
            }

            seen = met;
        }
    }

    /// <summary>Spends what one second call costs; false when it is not there.</summary>
    public bool TrySpend()
    {
        long seen = Volatile.Read(ref _earned);
        while (seen >= One)
        {
            long met = Interlocked.CompareExchange(ref _earned, seen - One, seen);
            if (met == seen)
            {
                return true;
            }

            seen = met;
        }

        return false;
    }

    /// <summary>The call was not made after all.</summary>
    public void Refund() => Interlocked.Add(ref _earned, One);
}

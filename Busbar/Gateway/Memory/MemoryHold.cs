namespace Busbar.Gateway.Memory;

/// <summary>
/// What one request holds of the <see cref="MemoryBudget"/>. Kept with its exchange; <see cref="ReleaseAll"/> ends every way a request can go.
/// </summary>
internal sealed class MemoryHold
{
    private MemoryBudget? _budget;
    private long _limit;

    /// <summary>Bytes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins to hold of <paramref name="budget"/>, which has <paramref name="limit"/> bytes.</summary>
    public void Begin(MemoryBudget? budget, long limit) => (_budget, _limit) = (budget, limit);

    /// <summary>Takes <paramref name="bytes"/> if there is room now.</summary>
    public bool TryTake(long bytes)
    {
        if (_budget is not null && !_budget.TryTake(bytes, Bytes, _limit))
        {
            return false;
        }

        Bytes += bytes;
        return true;
    }

    /// <summary>Takes <paramref name="bytes"/>, waiting a moment for room. Throws <see cref="OverloadException"/> when there is none.</summary>
    public ValueTask TakeAsync(long bytes, CancellationToken cancellation) => TryTake(bytes) ? default : WaitAsync(bytes, cancellation);

    /// <summary>Gives <paramref name="bytes"/> back, or what is left of them.</summary>
    public void Release(long bytes)
    {
        long given = Math.Min(bytes, Bytes);
        if (given > 0)
        {
            Bytes -= given;
            _budget?.Release(given);
        }
    }

    /// <summary>Gives everything back. A second call does nothing.</summary>
    public void ReleaseAll()
    {
        Release(Bytes);
        _budget = null;
    }

    private async ValueTask WaitAsync(long bytes, CancellationToken cancellation)
    {
        if (!await _budget!.TakeAsync(bytes, Bytes, _limit, cancellation).ConfigureAwait(false))
        {
            throw new OverloadException();
        }

        Bytes += bytes;
    }
}

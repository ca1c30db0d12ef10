namespace Busbar.Observability.Metrics;

/// <summary>A number that only rises. Kept by whoever counts, so that counting is one atomic addition.</summary>
internal sealed class Counter(params KeyValuePair<string, object?>[] labels)
{
    private long _value;

    /// <summary>Its labels.</summary>
    public KeyValuePair<string, object?>[] Labels => labels;

    /// <summary>The count.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>Adds <paramref name="amount"/>, which must not be negative.</summary>
    public void Add(long amount = 1) => Interlocked.Add(ref _value, amount);
}

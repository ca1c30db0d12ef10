namespace Busbar.Wire;

/// <summary>A list for what strangers send: one element beyond <paramref name="max"/> ends the translation.</summary>
/// <param name="max">Most elements.</param>
/// <param name="what">What they are called in errors.</param>
internal sealed class CappedList<T>(int max, string what) : List<T>
{
    /// <summary>Adds an element. Throws <see cref="AllowanceException"/> when there are enough.</summary>
    public new void Add(T item)
    {
        if (Count == max)
        {
            throw new AllowanceException(what, max);
        }

        base.Add(item);
    }
}

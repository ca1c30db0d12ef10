namespace Busbar.Reliability.Selection;

/// <summary>
/// A set of lanes by <see cref="Lane.Index"/>, without allocation for the first 128 lanes of the process. Mutable: keep it in one place
/// and pass it by reference.
/// </summary>
internal struct LaneSet
{
    private ulong _low;
    private ulong _high;
    private ulong[]? _rest;

    /// <summary>True when nothing was added.</summary>
    public readonly bool IsEmpty => _low == 0 && _high == 0 && _rest is null;

    /// <summary>Adds a lane.</summary>
    public void Add(int index)
    {
        switch (index >> 6)
        {
            case 0:
                _low |= 1UL << index;
                break;
            case 1:
                _high |= 1UL << index;
                break;
            case var word:
                if (_rest is null || _rest.Length <= word - 2)
                {
                    Array.Resize(ref _rest, word - 1);
                }

                _rest[word - 2] |= 1UL << index;
                break;
        }
    }

    /// <summary>True when the lane was added.</summary>
    public readonly bool Contains(int index) => ((index >> 6) switch
    {
        0 => _low,
        1 => _high,
        var word => _rest is not null && word - 2 < _rest.Length ? _rest[word - 2] : 0,
    } >> index & 1) != 0;
}

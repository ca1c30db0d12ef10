using Busbar.Ir;

namespace Busbar.Governance.Groups;

/// <summary>
/// What is used and what is held under one cap, of money or of tokens: the only place that decides that a cap is never passed. Not safe for several
/// threads.
/// </summary>
internal struct Meter
{
    /// <summary>Used up.</summary>
    public long Used;

    /// <summary>Held by requests under way.</summary>
    public long Held;

    private long _largest;
    private long _largestExcess;

    /// <summary>
    /// What <paramref name="count"/> requests that hold <paramref name="amount"/> together may come to, going by the largest so far.
    /// </summary>
    public readonly long Likely(long amount, long count)
        => _largest == 0 ? amount : Math.Min(amount, Math.Min(_largest, long.MaxValue / (count + 1)) * count);

    /// <summary>
    /// What a request with <paramref name="bound"/> is to hold: input of which the body tells little, such as files by address, shows only in what it
    /// cost.
    /// </summary>
    public readonly long Ceiling(long bound) => Usage.Add(bound, _largestExcess);

    /// <summary>The least that has to be left for one whose output nothing limits, and which uses about <paramref name="floor"/> at least.</summary>
    public readonly long Least(long floor) => Math.Max(_largest, floor);

    /// <summary>
    /// Whether a request that uses at most <paramref name="bound"/>, and at least about <paramref name="floor"/>, may go on under
    /// <paramref name="cap"/>; <paramref name="amount"/> is what it is to hold.
    /// </summary>
    /// <remarks>
    /// Where the client limits its output, the bound is one, raised by the most that a request went beyond its own, and the cap is never passed.
    /// Where it does not, only a request that has the cap for itself may go beyond the bound, and only while the largest request so far would still
    /// fit.
    /// </remarks>
    public readonly Room Judge(long cap, long bound, long floor, bool isOpenEnded, out long amount)
    {
        long left = cap - Used;
        amount = 0;
        if (left <= 0)
        {
            return Room.None;
        }

        long ceiling = Ceiling(bound);
        long free = left - Held;
        amount = Math.Clamp(free, 0, ceiling);
        if (ceiling <= free)
        {
            return Room.Enough;
        }

        bool fitsAlone = ceiling <= left || (isOpenEnded && Least(floor) <= left);
        return !fitsAlone ? Room.TooLittle : Held > 0 ? Room.Held : Room.Enough;
    }

    /// <summary>
    /// Gives <paramref name="amount"/> back and takes what was used instead, of a request with that <paramref name="bound"/>; 0 where it had none.
    /// </summary>
    public void Settle(long amount, long bound, long used)
    {
        Held -= amount;
        Used = Usage.Add(Used, used);
        _largest = Math.Max(_largest, used);
        _largestExcess = Math.Max(_largestExcess, bound == 0 ? 0 : used - bound);
    }
}

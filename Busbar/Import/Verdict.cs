namespace Busbar.Import;

/// <summary>What became of a setting of another gateway.</summary>
internal enum Verdict
{
    /// <summary>It has the same effect.</summary>
    Exact,

    /// <summary>It has a like effect; the note says what differs.</summary>
    Approximate,

    /// <summary>It can be had, by what the note says.</summary>
    ByHand,

    /// <summary>There is nothing like it.</summary>
    Unsupported,
}

namespace Busbar.Admin.Keys;

/// <summary>What one line of usage is about; what it is not asked by is 0 or empty.</summary>
/// <param name="Day">Midnight, UTC, epoch second.</param>
/// <param name="Key">Id of the key.</param>
/// <param name="Group">Id of the group; empty for none.</param>
/// <param name="Label">Value of the label; empty for none.</param>
/// <param name="Model">The configured model, which is the lane that answered.</param>
/// <param name="Asked">The pool or model that was asked for; empty where it was not noted.</param>
internal readonly record struct UsageRow(long Day, string Key, string Group, string Label, string Model, string Asked) : IComparable<UsageRow>
{
    /// <inheritdoc/>
    public int CompareTo(UsageRow other) =>
        Day != other.Day ? Day.CompareTo(other.Day)
        : string.CompareOrdinal(Group, other.Group) is not 0 and var byGroup ? byGroup
        : string.CompareOrdinal(Label, other.Label) is not 0 and var byLabel ? byLabel
        : string.CompareOrdinal(Key, other.Key) is not 0 and var byKey ? byKey
        : string.CompareOrdinal(Model, other.Model) is not 0 and var byModel ? byModel
        : string.CompareOrdinal(Asked, other.Asked);

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(UsageRow left, UsageRow right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="right"/> comes first.</summary>
    public static bool operator >(UsageRow left, UsageRow right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> comes first, or both are the same.</summary>
    public static bool operator <=(UsageRow left, UsageRow right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="right"/> comes first, or both are the same.</summary>
    public static bool operator >=(UsageRow left, UsageRow right) => left.CompareTo(right) >= 0;
}

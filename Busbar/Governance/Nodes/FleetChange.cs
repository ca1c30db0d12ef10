namespace Busbar.Governance.Nodes;

/// <summary>Something that one of the nodes changed, and that all of them follow.</summary>
/// <param name="Kind">What: <see cref="Key"/> or <see cref="Group"/>.</param>
/// <param name="Id">Which.</param>
/// <param name="Number">Its place among all changes. Of several changes of one thing only the last is known.</param>
internal readonly record struct FleetChange(string Kind, string Id, long Number)
{
    /// <summary>A virtual key.</summary>
    public const string Key = "key";

    /// <summary>A group of keys.</summary>
    public const string Group = "group";
}

namespace Busbar.Governance.Groups;

/// <summary>
/// A node of the tree of groups, such as an organisation, a team or a project. Immutable; a change makes another record with the same id.
/// </summary>
internal sealed record Group
{
    /// <summary><c>grp_</c> and 16 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it; of groups with one parent each has another name.</summary>
    public required string Name { get; init; }

    /// <summary>The group above; null for none.</summary>
    public string? ParentId { get; init; }

    /// <summary>Whether nothing in it and below may be used: its keys are answered like unknown ones.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Epoch second of its making.</summary>
    public long CreatedAt { get; init; }

    /// <summary>What it may use, everything below included.</summary>
    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>Limits that groups and keys get which are made right below it and say nothing of limits.</summary>
    public IReadOnlyList<Limit> ChildLimits { get; init; } = [];

    /// <summary>The id alone.</summary>
    public override string ToString() => Id;
}

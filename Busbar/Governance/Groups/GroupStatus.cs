namespace Busbar.Governance.Groups;

/// <summary>How an edit of a group ended. Only after <see cref="Done"/> has anything changed.</summary>
internal enum GroupStatus : byte
{
    /// <summary>It is in force.</summary>
    Done,

    /// <summary>There is no such group.</summary>
    NotFound,

    /// <summary>The group that was to be above does not exist.</summary>
    NoParent,

    /// <summary>The group that was to be above is the group itself, or below it.</summary>
    Cycle,

    /// <summary>Another group below the same parent has the name.</summary>
    NameTaken,

    /// <summary>More is used already than the limit is to allow.</summary>
    BelowUsed,

    /// <summary>Groups or keys are in it.</summary>
    NotEmpty,

    /// <summary>There are as many groups as there may be.</summary>
    TooMany,
}

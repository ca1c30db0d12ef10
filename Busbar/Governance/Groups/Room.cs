namespace Busbar.Governance.Groups;

/// <summary>Whether there is room for a request under a cap.</summary>
internal enum Room : byte
{
    /// <summary>There is.</summary>
    Enough,

    /// <summary>All of it is used up.</summary>
    None,

    /// <summary>What is left is less than the request may come to use.</summary>
    TooLittle,

    /// <summary>It would be enough, but requests under way hold too much of it.</summary>
    Held,
}

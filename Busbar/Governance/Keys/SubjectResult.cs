namespace Busbar.Governance.Keys;

/// <summary>What came of looking for a subject.</summary>
internal enum SubjectResult : byte
{
    /// <summary>It has a key.</summary>
    Found,

    /// <summary>The group does not exist, or its name is that of several.</summary>
    NoGroup,

    /// <summary>It is new, and another node has made its key at the same time.</summary>
    Taken,

    /// <summary>It is new, and too many are known or the store failed.</summary>
    NotStored,
}

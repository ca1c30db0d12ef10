namespace Busbar.Governance.Keys;

/// <summary>How an edit of a key ended.</summary>
internal enum KeyStatus : byte
{
    /// <summary>It is in force.</summary>
    Done,

    /// <summary>There is no such key; nothing changed.</summary>
    NotFound,

    /// <summary>The key was made before, by a call with the same idempotency key; nothing changed.</summary>
    Repeated,

    /// <summary>Without a master key no access key can be stored; nothing changed.</summary>
    NoMasterKey,

    /// <summary>There is no group with the id that the key was to belong to; nothing changed.</summary>
    NoGroup,

    /// <summary>More is used already than a limit is to allow; nothing changed.</summary>
    BelowUsed,

    /// <summary>A key has the given hash already; nothing changed.</summary>
    HashTaken,

    /// <summary>The key has no access key; nothing changed.</summary>
    NoAccessKey,
}

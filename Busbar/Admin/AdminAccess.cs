namespace Busbar.Admin;

/// <summary>What a caller of the admin API may do.</summary>
internal enum AdminAccess : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>GET.</summary>
    Read,

    /// <summary>Everything.</summary>
    Full,
}

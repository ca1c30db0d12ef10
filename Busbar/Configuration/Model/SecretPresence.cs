namespace Busbar.Configuration.Model;

/// <summary>All that is told of a secret.</summary>
internal enum SecretPresence : byte
{
    /// <summary>There is none, or a blank one.</summary>
    Absent,

    /// <summary>There is one.</summary>
    Present,
}

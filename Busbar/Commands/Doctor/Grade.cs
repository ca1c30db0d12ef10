namespace Busbar.Commands.Doctor;

/// <summary>How something stands.</summary>
internal enum Grade
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>It works now, but somebody should look.</summary>
    Doubtful,

    /// <summary>Requests fail by it, or will.</summary>
    Bad,
}

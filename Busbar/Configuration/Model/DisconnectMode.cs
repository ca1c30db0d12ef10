namespace Busbar.Configuration.Model;

/// <summary>What happens to the upstream call of a client that went away.</summary>
internal enum DisconnectMode : byte
{
    /// <summary>It is cancelled at once.</summary>
    Cancel,

    /// <summary>It is read to its end, within a bound, so that its usage is known.</summary>
    Drain,
}

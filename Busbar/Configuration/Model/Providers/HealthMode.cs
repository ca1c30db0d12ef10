namespace Busbar.Configuration.Model.Providers;

/// <summary>Which lanes a prober calls.</summary>
internal enum HealthMode : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>Lanes suppressed in some cell.</summary>
    Dead,

    /// <summary>All.</summary>
    Active,
}

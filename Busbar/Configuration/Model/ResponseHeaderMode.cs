namespace Busbar.Configuration.Model;

/// <summary>Whether answers carry headers of this product.</summary>
internal enum ResponseHeaderMode : byte
{
    /// <summary>Only what the vendor itself would send.</summary>
    None,

    /// <summary>Request id, lane and timing as well.</summary>
    Debug,
}

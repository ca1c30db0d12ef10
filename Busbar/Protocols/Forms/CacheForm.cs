namespace Busbar.Protocols.Forms;

/// <summary>Where marks of the prompt cache may stand.</summary>
internal enum CacheForm : byte
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>On any block and any tool.</summary>
    Blocks,

    /// <summary>On words and media only, not on calls, their results, or tools.</summary>
    Parts,
}

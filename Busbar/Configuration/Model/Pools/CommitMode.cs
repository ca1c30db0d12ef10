namespace Busbar.Configuration.Model.Pools;

/// <summary>The point after which a request cannot fail over any more.</summary>
internal enum CommitMode : byte
{
    /// <summary>The first event with content; the protocol's prelude is held back.</summary>
    FirstContent,

    /// <summary>The first byte.</summary>
    FirstByte,
}

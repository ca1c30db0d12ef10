namespace Busbar.Wire.Framing;

/// <summary>Outcome of <see cref="IFramer.TryRead"/>.</summary>
internal enum FrameResult : byte
{
    /// <summary>A frame was read.</summary>
    Frame,

    /// <summary>No complete frame is buffered.</summary>
    NeedMore,

    /// <summary>More than the cap (16 MiB) is buffered without a frame boundary.</summary>
    TooLarge,

    /// <summary>The bytes are not of this framing (bad length or checksum).</summary>
    Corrupt,
}

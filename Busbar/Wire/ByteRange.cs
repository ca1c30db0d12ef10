namespace Busbar.Wire;

/// <summary>Where something stands in a buffer. <c>default</c> is absent: no JSON value has no bytes.</summary>
/// <param name="Offset">Index of the first byte.</param>
/// <param name="Length">Bytes; 0 when absent.</param>
internal readonly record struct ByteRange(int Offset, int Length)
{
    /// <summary>True when there is nothing there.</summary>
    public bool IsAbsent => Length == 0;

    /// <summary>Index after the last byte.</summary>
    public int End => Offset + Length;

    /// <summary>The part of <paramref name="buffer"/> that is meant.</summary>
    public ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> buffer) => buffer.Slice(Offset, Length);
}

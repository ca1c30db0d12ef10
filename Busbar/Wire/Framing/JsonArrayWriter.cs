using Busbar.Wire.Json;

namespace Busbar.Wire.Framing;

/// <summary>
/// Frames JSON objects as the elements of one streamed array: <c>[</c> before the first, <c>,</c> between, <c>]</c> once at the end; <c>[]</c> when
/// there were none.
/// </summary>
internal sealed class JsonArrayWriter
{
    private bool _opened;

    /// <summary>Whether the array has been closed; elements offered after that are dropped.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// Appends <paramref name="element"/>, a complete JSON value, with what has to stand before it. Returns false, with nothing written, after
    /// <see cref="Close"/>.
    /// </summary>
    public bool TryWrite(PooledBuffer output, ReadOnlySpan<byte> element)
    {
        if (!TryStart(output))
        {
            return false;
        }

        output.Write(element);
        return true;
    }

    /// <summary>
    /// Appends what has to stand before the next element, which the caller then writes. Returns false, with nothing written, after
    /// <see cref="Close"/>.
    /// </summary>
    public bool TryStart(PooledBuffer output)
    {
        if (IsClosed)
        {
            return false;
        }

        output.Write(_opened ? (byte)',' : (byte)'[');
        _opened = true;
        return true;
    }

    /// <summary>Ends the array. A second call writes nothing.</summary>
    public void Close(PooledBuffer output)
    {
        if (IsClosed)
        {
            return;
        }

        output.Write(_opened ? "]"u8 : "[]"u8);
        _opened = IsClosed = true;
    }
}

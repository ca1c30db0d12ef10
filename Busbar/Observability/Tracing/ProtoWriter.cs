using System.Buffers.Binary;
using System.Text;

namespace Busbar.Observability.Tracing;

/// <summary>Writes protocol buffers into one growing array that is used again and again.</summary>
internal sealed class ProtoWriter
{
    // A length is written before what it measures is known: always in four bytes, which is a longer spelling than needed but a legal one.
    private const int LengthSize = 4;

    private byte[] _bytes = new byte[16 * 1024];
    private int _length;

    /// <summary>What was written since <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => _length = 0;

    /// <summary>Begins an inner message; the result goes to <see cref="Close"/>.</summary>
    public int Open(int field)
    {
        Tag(field, 2);
        Reserve(LengthSize);
        _length += LengthSize;
        return _length;
    }

    /// <summary>Ends the inner message that began at <paramref name="start"/>.</summary>
    public void Close(int start)
    {
        int length = _length - start;
        for (int index = 0; index < LengthSize; index++, length >>= 7)
        {
            _bytes[start - LengthSize + index] = (byte)((length & 0x7f) | (index < LengthSize - 1 ? 0x80 : 0));
        }
    }

    /// <summary>A text.</summary>
    public void Text(int field, string text)
    {
        Tag(field, 2);
        int size = Encoding.UTF8.GetByteCount(text);
        Varint((ulong)size);
        Reserve(size);
        _length += Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_length));
    }

    /// <summary>A whole number.</summary>
    public void Number(int field, long value)
    {
        Tag(field, 0);
        Varint((ulong)value);
    }

    /// <summary>Eight bytes, as a number is kept.</summary>
    public void Fixed64(int field, long value)
    {
        Tag(field, 1);
        Reserve(8);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(_length), value);
        _length += 8;
    }

    /// <summary>Four bytes, as a number is kept.</summary>
    public void Fixed32(int field, uint value)
    {
        Tag(field, 5);
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), value);
        _length += 4;
    }

    /// <summary>A trace id.</summary>
    public void Id(int field, UInt128 id)
    {
        Tag(field, 2);
        Varint(16);
        Reserve(16);
        BinaryPrimitives.WriteUInt128BigEndian(_bytes.AsSpan(_length), id);
        _length += 16;
    }

    /// <summary>A span id.</summary>
    public void Id(int field, ulong id)
    {
        Tag(field, 2);
        Varint(8);
        Reserve(8);
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(_length), id);
        _length += 8;
    }

    private void Tag(int field, int wireType) => Varint((ulong)((field << 3) | wireType));

    private void Varint(ulong value)
    {
        Reserve(10);
        for (; value >= 0x80; value >>= 7)
        {
            _bytes[_length++] = (byte)(value | 0x80);
        }

        _bytes[_length++] = (byte)value;
    }

    private void Reserve(int size)
    {
        if (_bytes.Length - _length < size)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        }
    }
}

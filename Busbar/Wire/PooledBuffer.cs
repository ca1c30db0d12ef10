using System.Buffers;
using System.Diagnostics;
using Busbar.Wire.Json;

namespace Busbar.Wire;

/// <summary>
/// A growable byte buffer whose storage comes from the shared array pool with the first byte written, and goes back to it on <see cref="Dispose"/>.
/// Written bytes are contiguous, but for those that a buffer made by <see cref="Borrowing"/> points at. Not thread safe; one owner at a time.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    // Told apart by reference.
    private static readonly byte[] Disposed = new byte[0];
    private static readonly byte[] Unrented = new byte[0];

    /// <summary>A piece of its own costs about what it costs to copy this many bytes.</summary>
    public const int MinBorrowed = 16 * 1024;

    // What a translated document is longer than its original, as a rule.
    private const int RoomToGrow = 512;

    // Larger arrays go to the garbage collector, so that one long request is not paid for with memory for good.
    private const int MaxPooled = 4 * 1024 * 1024;

    private static long _outstanding;

    private readonly int _capacity;
    private BorrowedPieces? _borrowed;
    private byte[] _array = Unrented;
    private int _start;
    private int _end;
    private bool _isDetached;

    /// <summary>A buffer whose first storage has room for at least <paramref name="capacity"/> bytes.</summary>
    public PooledBuffer(int capacity = 4096)
    {
        _capacity = capacity;
        Interlocked.Increment(ref _outstanding);
    }

    /// <summary>
    /// A buffer for a document made from <paramref name="source"/>: long stretches of it that are written are not copied (see
    /// <see cref="BorrowedPieces"/>), so <see cref="Length"/>, <see cref="Span"/> and <see cref="Memory"/> tell of the copied bytes only, and
    /// <see cref="Pieces"/> of all. The first and the last byte of such a stretch are copied all the same: who looks at what was written last, or
    /// takes something back, finds what he expects. The source must outlive the buffer's use.
    /// </summary>
    public static PooledBuffer Borrowing(ReadOnlyMemory<byte> source, int least = MinBorrowed) => source.Length < least
        ? new PooledBuffer(source.Length + RoomToGrow)
        : new PooledBuffer(least) { _borrowed = new BorrowedPieces(source, least) };

    /// <summary>Buffers made and not yet disposed, in the whole process. Zero when no request is in flight.</summary>
    public static long Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>What its growth is charged to; null for nobody.</summary>
    public Allowance? Allowance { get; set; }

    /// <summary>Bytes written and not yet consumed.</summary>
    public int Length => _end - _start;

    /// <summary>Bytes written, those that were not copied included.</summary>
    public int WholeLength => checked(Length + (_borrowed?.Length ?? 0));

    /// <summary>All that was written, in order, where some of it was not copied; otherwise null. Valid as long as <see cref="Memory"/>.</summary>
    public ReadOnlyMemory<byte>[]? Pieces => _borrowed is { Count: > 0 } ? _borrowed.Among(Memory) : null;

    /// <summary>Whether <paramref name="length"/> bytes of the source would not be copied by <see cref="Write(ReadOnlySpan{byte})"/>.</summary>
    public bool Borrows(int length) => _borrowed is not null && length >= _borrowed.Least;

    /// <summary>Bytes that can be appended without moving what is there.</summary>
    public int FreeCapacity => _array.Length - _end;

    /// <summary>The bytes written and not yet consumed. Valid until the next write, <see cref="Clear"/> or <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> Span => _array.AsSpan(_start, _end - _start);

    /// <inheritdoc cref="Span"/>
    public ReadOnlyMemory<byte> Memory => _array.AsMemory(_start, _end - _start);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        Debug.Assert(count >= 0 && _end + count <= _array.Length, "Advance beyond the span that was handed out");
        _end += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_end);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_end);
    }

    /// <summary>Appends a copy of <paramref name="bytes"/>.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (Borrows(bytes.Length) && _borrowed!.TryAdd(bytes[1..^1], _end + 1))
        {
            Write(bytes[0]);
            bytes = bytes[^1..];
        }

        Reserve(bytes.Length);
        bytes.CopyTo(_array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Appends one byte.</summary>
    public void Write(byte value)
    {
        if (_end == _array.Length)
        {
            Reserve(1);
        }

        _array[_end++] = value;
    }

    /// <summary>Drops the first <paramref name="count"/> bytes.</summary>
    public void Consume(int count)
    {
        Debug.Assert(count >= 0 && count <= Length, "Consume of more than was written");
        Debug.Assert(_borrowed is null, "A document is consumed whole");
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Drops everything after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        Debug.Assert(length >= 0 && length <= Length, "Truncate beyond what was written");
        _end = _start + length;
        _borrowed?.Truncate(length);
    }

    /// <summary>Forgets all bytes and keeps the storage.</summary>
    public void Clear()
    {
        _start = _end = 0;
        _borrowed?.Truncate(0);
    }

    /// <summary>
    /// Gives the storage back for as long as nothing is written; does nothing while there are bytes. For buffers that wait longer than they work.
    /// </summary>
    public void Release()
    {
        if (_start == _end && _array.Length > 0)
        {
            Return(_array);
            _array = Unrented;
            _start = _end = 0;
        }
    }

    /// <summary>Gives the storage back. A second call does nothing.</summary>
    public void Dispose()
    {
        byte[] array = Interlocked.Exchange(ref _array, Disposed);
        if (array == Disposed)
        {
            return;
        }

        _start = _end = 0;
        Interlocked.Decrement(ref _outstanding);
        if (array != Unrented)
        {
            Return(array);
        }
    }

    /// <summary>
    /// Says that somebody may still read its bytes for an unknown time: its storage goes to the garbage collector in the end, never to another user.
    /// </summary>
    public void DetachFromPool() => _isDetached = true;

    private void Return(byte[] array)
    {
        if (!_isDetached && array.Length <= MaxPooled)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private byte[] Rent(int length)
    {
        Allowance?.Take(Math.Max(0, length - _array.Length));
        return length > MaxPooled ? GC.AllocateUninitializedArray<byte>(length) : ArrayPool<byte>.Shared.Rent(length);
    }

    private void Reserve(int sizeHint)
    {
        sizeHint = Math.Max(sizeHint, 1);
        if (_array.Length - _end >= sizeHint)
        {
            return;
        }

        ObjectDisposedException.ThrowIf(_array == Disposed, this);
        int length = Length;

        // Moving down is only worth it when it frees at least half of the storage; otherwise a
        // consumer that takes a few bytes at a time would make every append quadratic.
        if (_array.Length - length >= sizeHint && _start >= _array.Length / 2)
        {
            _array.AsSpan(_start, length).CopyTo(_array);
        }
        else
        {
            // Of a document as much as its original was and is not yet here, so that it grows once.
            int rest = _borrowed is null || _array == Unrented ? 0 : _borrowed.SourceLength - _borrowed.Length + RoomToGrow;
            int grown = _array.Length < MaxPooled / 2 ? _array.Length * 2 : (int)Math.Min(Array.MaxLength, _array.Length * 3L / 2);
            byte[] larger = Rent(Math.Max(grown, Math.Max(checked(length + sizeHint), Math.Max(rest, _capacity))));
            _array.AsSpan(_start, length).CopyTo(larger);
            if (_array != Unrented)
            {
                Return(_array);
            }

            _array = larger;
        }

        _start = 0;
        _end = length;
    }
}

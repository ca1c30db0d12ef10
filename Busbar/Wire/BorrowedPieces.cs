namespace Busbar.Wire;

/// <summary>
/// The long stretches of a document that stand unchanged in what is written from it (images above all): they are pointed at, not copied.
/// </summary>
/// <param name="source">What may be pointed at. It must stay unchanged for as long as the pieces are used.</param>
/// <param name="least">Length in bytes below which a stretch is copied; 2 or more.</param>
internal sealed class BorrowedPieces(ReadOnlyMemory<byte> source, int least)
{
    private readonly List<(int At, ReadOnlyMemory<byte> Bytes)> _pieces = [];

    /// <summary>Length in bytes below which a stretch is copied.</summary>
    public int Least => least;

    /// <summary>Stretches pointed at.</summary>
    public int Count => _pieces.Count;

    /// <summary>Length of all of them in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Length of the source in bytes.</summary>
    public int SourceLength => source.Length;

    /// <summary>
    /// Points at <paramref name="bytes"/>, to stand after <paramref name="at"/> bytes that were copied. False when they are not the source's.
    /// </summary>
    public bool TryAdd(ReadOnlySpan<byte> bytes, int at)
    {
        if (!source.Span.Overlaps(bytes, out int offset) || offset < 0 || offset + bytes.Length > source.Length)
        {
            return false;
        }

        _pieces.Add((at, source.Slice(offset, bytes.Length)));
        Length = checked(Length + bytes.Length);
        return true;
    }

    /// <summary>Forgets those that stand after more than <paramref name="at"/> copied bytes.</summary>
    public void Truncate(int at)
    {
        while (_pieces.Count > 0 && _pieces[^1].At > at)
        {
            Length -= _pieces[^1].Bytes.Length;
            _pieces.RemoveAt(_pieces.Count - 1);
        }
    }

    /// <summary>What is pointed at and what is <paramref name="copied"/>, in order.</summary>
    public ReadOnlyMemory<byte>[] Among(ReadOnlyMemory<byte> copied)
    {
        var all = new ReadOnlyMemory<byte>[(_pieces.Count * 2) + 1];
        int from = 0;
        for (int index = 0; index < _pieces.Count; index++)
        {
            (int at, ReadOnlyMemory<byte> bytes) = _pieces[index];
            all[index * 2] = copied[from..at];
            all[(index * 2) + 1] = bytes;
            from = at;
        }

        all[^1] = copied[from..];
        return all;
    }
}

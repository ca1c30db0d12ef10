using Busbar.Wire.Json;

namespace Busbar.Wire;

/// <summary>
/// A request body in the pieces it is sent in, not joined: the client's own with the value of its <c>model</c> replaced and every other byte as
/// the client sent it, or one that was written here and points at long stretches of the client's. The memory of all pieces must outlive it.
/// </summary>
internal readonly struct SplicedBody
{
    private readonly ReadOnlyMemory<byte> _before;
    private readonly ReadOnlyMemory<byte> _model;
    private readonly ReadOnlyMemory<byte> _after;
    private readonly ReadOnlyMemory<byte>[]? _pieces;

    /// <summary>The body as it is: for protocols that name the model in the path.</summary>
    public SplicedBody(ReadOnlyMemory<byte> body) => _before = body;

    /// <summary>All that was written to <paramref name="body"/>, which must not be written to any more.</summary>
    public SplicedBody(PooledBuffer body)
    {
        _pieces = body.Pieces;
        _before = _pieces is null ? body.Memory : default;
    }

    /// <summary>
    /// Replaces the value that <paramref name="scan"/> found in <paramref name="body"/> by <paramref name="model"/>, a complete JSON string with
    /// its quotes. A body without <c>model</c> stays as it is.
    /// </summary>
    public SplicedBody(ReadOnlyMemory<byte> body, in RequestScan scan, ReadOnlyMemory<byte> model)
    {
        if (scan.Model.IsAbsent)
        {
            _before = body;
            return;
        }

        _before = body[..scan.Model.Offset];
        _model = model;
        _after = body[scan.Model.End..];
    }

    /// <summary>Number of pieces, one at least.</summary>
    public int Count => _pieces?.Length ?? (_model.IsEmpty ? 1 : 3);

    /// <summary>The piece at <paramref name="index"/>, in the order of sending; it may be empty.</summary>
    public ReadOnlyMemory<byte> this[int index] => _pieces is not null ? _pieces[index] : index switch
    {
        0 => _before,
        1 => _model,
        _ => _after,
    };

    /// <summary>Bytes of all pieces together: the content length.</summary>
    public int Length
    {
        get
        {
            int length = 0;
            for (int index = 0; index < Count; index++)
            {
                length = checked(length + this[index].Length);
            }

            return length;
        }
    }

    /// <summary>The pieces.</summary>
    public ReadOnlyMemory<byte>[] ToArray() => _pieces ?? [_before, _model, _after];

    /// <summary>Appends the body to <paramref name="output"/>.</summary>
    public void WriteTo(PooledBuffer output)
    {
        for (int index = 0; index < Count; index++)
        {
            output.Write(this[index].Span);
        }
    }

    /// <summary>Writes the body to <paramref name="stream"/>.</summary>
    public async Task CopyToAsync(Stream stream, CancellationToken cancellation)
    {
        for (int index = 0; index < Count; index++)
        {
            await stream.WriteAsync(this[index], cancellation).ConfigureAwait(false);
        }
    }
}

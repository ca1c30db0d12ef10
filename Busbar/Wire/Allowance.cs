namespace Busbar.Wire;

/// <summary>
/// How much memory the translation of one body may take beside the body itself, and whether anybody still wants it. What a body is read into is
/// charged as it grows, so that no shape of it costs more than a small multiple of its length. Not thread safe.
/// </summary>
/// <param name="bytes">Length of the body.</param>
/// <param name="cancellation">Fires when the result is no longer wanted.</param>
internal sealed class Allowance(long bytes, CancellationToken cancellation)
{
    /// <summary>Bytes that the representation of a body may take for each byte of it.</summary>
    public const int PerByte = 3;

    /// <summary>Bytes beyond that, so that short bodies may be of any shape.</summary>
    public const long Floor = 16 * 1024 * 1024;

    private const int StepsPerLook = 256;

    private int _steps;

    /// <summary>Bytes that may be taken in all.</summary>
    public long Limit { get; } = Floor + (PerByte * bytes);

    /// <summary>Bytes taken so far.</summary>
    public long Taken { get; private set; }

    /// <summary>Takes <paramref name="length"/> bytes. Throws <see cref="AllowanceException"/> when they are too many.</summary>
    public void Take(long length)
    {
        Taken += length;
        if (Taken > Limit)
        {
            throw new AllowanceException("small elements for its length");
        }

        if (_steps++ % StepsPerLook == 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}

namespace Busbar.Wire;

/// <summary>
/// A request body with the value of its <c>model</c> replaced and every other byte as the client sent it. The body is not copied: it
/// goes out as up to three segments.
/// </summary>
internal readonly struct ModelSplice
{
    /// <summary>The body as it is, in one segment (<see cref="Before"/>): for protocols that name the model in the path.</summary>
    public ModelSplice(ReadOnlyMemory<byte> body) => Before = body;

    /// <summary>
    /// Replaces the value that <paramref name="scan"/> found in <paramref name="body"/> by <paramref name="model"/>, a complete JSON string with
    /// its quotes. A body without <c>model</c> stays as it is. Both memories must outlive the splice.
    /// </summary>
    public ModelSplice(ReadOnlyMemory<byte> body, in RequestScan scan, ReadOnlyMemory<byte> model)
    {
        if (scan.Model.IsAbsent)
        {
            Before = body;
            return;
        }

        Before = body[..scan.Model.Offset];
        Model = model;
        After = body[scan.Model.End..];
    }

    /// <summary>The bytes before the model's value; the whole body when nothing is replaced.</summary>
    public ReadOnlyMemory<byte> Before { get; }

    /// <summary>The new value; empty when nothing is replaced.</summary>
    public ReadOnlyMemory<byte> Model { get; }

    /// <summary>The bytes after the model's value; empty when nothing is replaced.</summary>
    public ReadOnlyMemory<byte> After { get; }

    /// <summary>Bytes of the three segments together: the content length.</summary>
    public int Length => Before.Length + Model.Length + After.Length;

    /// <summary>Appends the body to <paramref name="output"/>.</summary>
    public void WriteTo(PooledBuffer output)
    {
        output.Write(Before.Span);
        output.Write(Model.Span);
        output.Write(After.Span);
    }

    /// <summary>Writes the body to <paramref name="stream"/>.</summary>
    public async Task CopyToAsync(Stream stream, CancellationToken cancellation)
    {
        await stream.WriteAsync(Before, cancellation).ConfigureAwait(false);
        if (!Model.IsEmpty)
        {
            await stream.WriteAsync(Model, cancellation).ConfigureAwait(false);
            await stream.WriteAsync(After, cancellation).ConfigureAwait(false);
        }
    }
}

using System.Net;
using Busbar.Wire;

namespace Busbar.Upstream;

/// <summary>
/// A request body of up to three pieces that lie elsewhere (before the model, the model, after it), written without being joined.
/// The memory must stay unchanged until the call that carries it has ended.
/// </summary>
internal sealed class SplicedContent : HttpContent
{
    private readonly ModelSplice _splice;

    /// <summary>A JSON body of the pieces of <paramref name="splice"/>.</summary>
    public SplicedContent(in ModelSplice splice)
    {
        _splice = splice;
        Headers.TryAddWithoutValidation("Content-Type", "application/json");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        _splice.CopyToAsync(stream, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _splice.CopyToAsync(stream, cancellationToken);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _splice.Length;
        return true;
    }
}

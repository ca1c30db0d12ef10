using System.Net;
using Busbar.Wire;

namespace Busbar.Upstream;

/// <summary>
/// A request body of up to three pieces that lie elsewhere (before the model, the model, after it), written without being joined.
/// The memory must stay unchanged until <see cref="IsSent"/> or the end of the call that carries it.
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

    /// <summary>Every byte was written and the pieces are needed no more; they may be before the call has ended.</summary>
    public bool IsSent { get; private set; }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await _splice.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        IsSent = true;
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _splice.Length;
        return true;
    }
}

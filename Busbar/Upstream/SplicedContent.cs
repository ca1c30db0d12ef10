using System.Net;

namespace Busbar.Upstream;

/// <summary>
/// The body of an <see cref="UpstreamRequest"/> as the platform's handler takes it: up to three pieces, written without being joined.
/// </summary>
internal sealed class SplicedContent : HttpContent
{
    private readonly UpstreamRequest _request;

    /// <summary>The JSON body of <paramref name="request"/>.</summary>
    public SplicedContent(UpstreamRequest request)
    {
        _request = request;
        Headers.TryAddWithoutValidation("Content-Type", "application/json");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        bool isWhole = false;
        _request.BeginSending();
        try
        {
            await _request.Body.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
            isWhole = true;
        }
        finally
        {
            _request.EndSending(isWhole);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _request.Body.Length;
        return true;
    }
}

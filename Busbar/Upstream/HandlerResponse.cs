namespace Busbar.Upstream;

/// <summary>An answer from the platform's HTTP client.</summary>
internal sealed class HandlerResponse(HttpResponseMessage response, ResponseHead head) : UpstreamResponse((int)response.StatusCode, head)
{
    private readonly Stream _body = response.Content.ReadAsStream();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellation) => _body.ReadAsync(room, cancellation);

    /// <inheritdoc/>
    public override ValueTask<int> WaitAsync(CancellationToken cancellation) => _body.ReadAsync(Memory<byte>.Empty, cancellation);

    /// <inheritdoc/>
    public override void Dispose() => response.Dispose();
}

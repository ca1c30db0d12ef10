namespace Busbar.Upstream;

/// <summary>A provider's answer whose headers are in. Disposing gives its connection back, or closes it where bytes are still to come.</summary>
internal abstract class UpstreamResponse(int status, ResponseHead head) : IDisposable
{
    /// <summary>HTTP status, 200 to 999: interim answers never get here.</summary>
    public int Status => status;

    /// <summary>Its header lines.</summary>
    public ResponseHead Head => head;

    /// <summary>Whether the status says that the provider did what it was asked.</summary>
    public bool IsSuccess => status is >= 200 and < 300;

    /// <summary>
    /// Reads bytes of the body as they come, at least one; 0 at its end. Throws <see cref="IOException"/> or
    /// <see cref="System.Net.Sockets.SocketException"/> when the body breaks off, <see cref="OperationCanceledException"/> when cancelled.
    /// </summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellation);

    /// <summary>
    /// Waits until <see cref="ReadAsync"/> is likely to have something at once, so that nobody has to hold a buffer for a provider that is silent.
    /// Throws like it; the result means nothing.
    /// </summary>
    public abstract ValueTask<int> WaitAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract void Dispose();
}

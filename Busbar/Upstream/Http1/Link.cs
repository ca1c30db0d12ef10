namespace Busbar.Upstream.Http1;

/// <summary>
/// Bytes to and from a provider, over TCP alone or with TLS on it. One may read while another writes. Throws <see cref="IOException"/> or
/// <see cref="System.Net.Sockets.SocketException"/> when the connection fails.
/// </summary>
internal abstract class Link : IDisposable
{
    /// <summary>
    /// Waits until <see cref="ReceiveAsync"/> has something at once, the end of the connection included, without a buffer held meanwhile.
    /// </summary>
    public abstract ValueTask<int> WaitAsync(CancellationToken cancellation);

    /// <summary>
    /// Nothing has come, for certain, though a wait has ended: the runtime ends one at a late notice of bytes that have long been received.
    /// </summary>
    public virtual bool IsSilent => false;

    /// <summary>Receives one byte at least; 0 when the connection has ended. <paramref name="room"/> is not empty.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation);

    /// <summary>Sends all of <paramref name="bytes"/>, which are not read any more when it has ended, however it ended.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>Closes it. No read may be under way.</summary>
    public abstract void Dispose();
}

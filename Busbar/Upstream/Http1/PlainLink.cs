using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Busbar.Upstream.Http1;

/// <summary>TCP alone.</summary>
/// <param name="socket">Connected; owned from now on.</param>
internal sealed class PlainLink(Socket socket) : Link
{
    /// <summary>Waits like this cost no system call more than a read that finds nothing at first.</summary>
    public override ValueTask<int> WaitAsync(CancellationToken cancellation)
        => socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation);

    /// <inheritdoc/>
    public override bool IsSilent => !socket.Poll(0, SelectMode.SelectRead);

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation)
        => socket.ReceiveAsync(room, SocketFlags.None, cancellation);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellation).ConfigureAwait(false)..];
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => socket.Dispose();
}

using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway.Server;

/// <summary>
/// Ends the exchange of a client that takes nothing of its answer: what such a client holds, others need. One timer for a connection's requests,
/// armed only while a write waits for the client.
/// </summary>
internal sealed class StallWatch
{
    // Of Linux's struct tcp_info: milliseconds since data was last sent, and bytes that wait to be sent.
    private const int TcpInfo = 11;
    private const int LastDataSent = 44;
    private const int NotSentBytes = 144;
    private const int TcpInfoLength = 148;

    private readonly Lock _lock = new();
    private Timer? _timer;
    private IFeatureCollection? _features;
    private long _dueAt;
    private long _limitMs;

    /// <summary>A write begins to wait for the client of <paramref name="features"/>, for <paramref name="limit"/> at most.</summary>
    public void Arm(IFeatureCollection features, TimeSpan limit)
    {
        lock (_lock)
        {
            _features = features;
            _limitMs = (long)limit.TotalMilliseconds;
            _dueAt = Environment.TickCount64 + _limitMs;
            _timer ??= new Timer(static watch => ((StallWatch)watch!).OnTick(), this, Timeout.Infinite, Timeout.Infinite);
            _timer.Change(_limitMs, Timeout.Infinite);
        }
    }

    /// <summary>The write has ended: the client took it, or is gone. False when it was cut off.</summary>
    public bool Disarm()
    {
        lock (_lock)
        {
            bool hasFired = _features is null;
            _features = null;
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
            return !hasFired;
        }
    }

    private void OnTick()
    {
        // Under the lock, so that it is this request's connection still, and not the next one's.
        lock (_lock)
        {
            if (_features is not { } features)
            {
                return;
            }

            if (_dueAt - Environment.TickCount64 is > 0 and var early)
            {
                _timer!.Change(early, Timeout.Infinite);
                return;
            }

            _features = null;
            bool isConnection = TakesNothing(features);
            features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
            if (isConnection)
            {
                features.Get<IConnectionLifetimeFeature>()?.Abort();
            }
        }
    }

    // One stream of HTTP/2 may stand still while the client reads the others: they are ended only if nothing at all goes out.
    private bool TakesNothing(IFeatureCollection features)
    {
        if (features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return false;
        }

        Span<byte> info = stackalloc byte[TcpInfoLength];
        try
        {
            return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpInfo, info) >= TcpInfoLength
                && BinaryPrimitives.ReadUInt32LittleEndian(info[NotSentBytes..]) > 0
                && BinaryPrimitives.ReadUInt32LittleEndian(info[LastDataSent..]) >= _limitMs / 2;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}

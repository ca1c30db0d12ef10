using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Busbar.Upstream.Dial;
using Busbar.Upstream.SigV4;

namespace Busbar.Upstream.Http1;

/// <summary>
/// HTTP/1.1 to one provider, with TLS or without. It does what calls of models need and no more, which takes less CPU and memory than the platform's
/// handler (the bench measures both).
/// </summary>
internal sealed class Http1Transport : IUpstreamTransport
{
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(90);

    // The news that the other side has closed takes the time of one way there and back; whoever closes later may have worked on the call.
    private static readonly TimeSpan LongestNews = TimeSpan.FromSeconds(2);

    private readonly DnsEndPoint _server;
    private readonly string _host;
    private readonly Func<DnsEndPoint, CancellationToken, ValueTask<Socket>> _dial;
    private readonly SslClientAuthenticationOptions? _tls;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeProvider _time;
    private readonly int _maxIdle;
    private readonly ConcurrentStack<Http1Connection> _idle = new();
    private readonly ITimer _sweep;
    private int _idleCount;
    private volatile bool _isDisposed;

    /// <summary>Prepares calls to the host and port of <paramref name="address"/>; opens no connection.</summary>
    /// <param name="address">The provider's address.</param>
    /// <param name="dial">Connects to a host and port.</param>
    /// <param name="tls">How TLS is negotiated; null for none.</param>
    /// <param name="connectTimeout">Longest time of connecting, the negotiation of TLS included.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxIdle">Most connections that are kept for the next call.</param>
    public Http1Transport(
        Uri address,
        Func<DnsEndPoint, CancellationToken, ValueTask<Socket>> dial,
        SslClientAuthenticationOptions? tls,
        TimeSpan connectTimeout,
        TimeProvider time,
        int maxIdle = 64)
    {
        _server = new DnsEndPoint(address.IdnHost, address.Port);
        _host = SigV4Signer.HostOf(address);
        _dial = dial;
        _tls = tls;
        _connectTimeout = connectTimeout;
        _time = time;
        _maxIdle = maxIdle;
        _sweep = time.CreateTimer(static transport => ((Http1Transport)transport!).Sweep(), this, LongestIdle / 3, LongestIdle / 3);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (TakeIdle(cancellation) is { } kept)
        {
            long begun = _time.GetTimestamp();
            try
            {
                return await kept.SendAsync(request, this, cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsStale(kept, begun, exception, cancellation))
            {
                await kept.CloseAsync().ConfigureAwait(false);
            }
            catch
            {
                kept.Dispose();
                throw;
            }
        }

        Http1Connection connection = await DialAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await connection.SendAsync(request, this, cancellation).ConfigureAwait(false);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Takes a connection back that is ready for another call.</summary>
    public void Return(Http1Connection connection)
    {
        connection.IdleSince = _time.GetTimestamp();
        if (_time.GetElapsedTime(connection.DialledAt) > VettedDial.LongestUse)
        {
            connection.Dispose();
            return;
        }

        Keep(connection);
        if (_isDisposed)
        {
            CloseIdle();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _sweep.Dispose();
        CloseIdle();
    }

    private void Keep(Http1Connection connection)
    {
        if (Interlocked.Increment(ref _idleCount) > _maxIdle)
        {
            Interlocked.Decrement(ref _idleCount);
            connection.Dispose();
            return;
        }

        _idle.Push(connection);
    }

    // The one that was used last is the most likely to be alive still; those at the bottom are the ones to end.
    private Http1Connection? TakeIdle(CancellationToken cancellation)
    {
        while (_idle.TryPop(out Http1Connection? connection))
        {
            Interlocked.Decrement(ref _idleCount);
            if (!IsOld(connection) && connection.TryBegin(cancellation))
            {
                return connection;
            }

            connection.Dispose();
        }

        return null;
    }

    // A kept connection may be closed by the provider in the very moment in which a call is sent. That is nobody's failure, and the call is sent once
    // more, over a new connection. RFC 9110, 9.2.2, allows that for a POST only where it is known not to have been applied: here no byte of an answer
    // came and the end came at once, as it does for bytes that nobody read. A call that ended later, was cancelled, or failed on a new connection is
    // not repeated here.
    private bool IsStale(Http1Connection kept, long begun, Exception exception, CancellationToken cancellation) =>
        exception is SocketException or IOException
        && !kept.HasAnswered
        && !cancellation.IsCancellationRequested
        && _time.GetElapsedTime(begun) < LongestNews;

    private async ValueTask<Http1Connection> DialAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using ITimer timer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, _connectTimeout,
            Timeout.InfiniteTimeSpan);
        Socket socket = await _dial(_server, limit.Token).ConfigureAwait(false);
        Link link = _tls is null ? new PlainLink(socket) : await TlsLink.NegotiateAsync(socket, _tls, limit.Token).ConfigureAwait(false);
        var connection = new Http1Connection(link, _host, _time.GetTimestamp());

        // Who answers before it was asked, to say that it is overloaded for instance, has answered all the same.
        _ = connection.TryBegin(cancellation);
        return connection;
    }

    private bool IsOld(Http1Connection connection) => _time.GetElapsedTime(connection.IdleSince) > LongestIdle;

    private void Sweep()
    {
        if (_idle.IsEmpty)
        {
            return;
        }

        var connections = new Http1Connection[_maxIdle];
        int count = _idle.TryPopRange(connections);
        Interlocked.Add(ref _idleCount, -count);
        while (--count >= 0)
        {
            if (IsOld(connections[count]))
            {
                connections[count].Dispose();
            }
            else
            {
                Keep(connections[count]);
            }
        }

        if (_isDisposed)
        {
            CloseIdle();
        }
    }

    private void CloseIdle()
    {
        while (_idle.TryPop(out Http1Connection? connection))
        {
            Interlocked.Decrement(ref _idleCount);
            connection.Dispose();
        }
    }
}

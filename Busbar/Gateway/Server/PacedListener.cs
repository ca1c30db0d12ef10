using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Gateway.Server;

/// <summary>
/// Accepts connections while there are places and descriptors for them. Otherwise it pauses, and clients wait in the kernel's queue; the server's own
/// listener would go on trying as fast as it can.
/// </summary>
internal sealed partial class PacedListener : IConnectionListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly ConnectionPlaces _places;
    private readonly ILogger _log;
    private readonly SocketConnectionContextFactory _connections;
    private readonly CancellationTokenSource _unbound = new();
    private long _loggedAt = -1;

    /// <summary>Accepts from <paramref name="socket"/>, which listens; owned from now on.</summary>
    public PacedListener(Socket socket, ConnectionPlaces places, ILogger log)
    {
        _socket = socket;
        _places = places;
        _log = log;
        EndPoint = socket.LocalEndPoint!;

        // Request code runs on the event threads: a quarter less CPU per request, and it never blocks there. What the factory says of single
        // connections is left out of the log: it is about clients that break off, and anybody could fill the log with it.
        var options = new SocketConnectionFactoryOptions { UnsafePreferInlineScheduling = true };
        BlockPoolFactory.Use(options);
        _connections = new SocketConnectionContextFactory(options, NullLogger.Instance);
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            while (!_unbound.IsCancellationRequested)
            {
                if (!_places.TryTake())
                {
                    if (IsDue())
                    {
                        Full(_log, _places.Max);
                    }

                    await _places.TakeAsync(_unbound.Token).ConfigureAwait(false);
                }

                if (await TryAcceptAsync().ConfigureAwait(false) is { } connection)
                {
                    return connection;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Unbound.
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _unbound.Cancel();
        _socket.Dispose();
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _unbound.Cancel();
        _socket.Dispose();
        _connections.Dispose();
        return default;
    }

    // With a place taken; it is given back where this comes to nothing.
    private async ValueTask<ConnectionContext?> TryAcceptAsync()
    {
        Socket? accepted = null;
        try
        {
            accepted = await _socket.AcceptAsync(_unbound.Token).ConfigureAwait(false);
            if (EndPoint is IPEndPoint)
            {
                accepted.NoDelay = true;
            }

            return _connections.Create(accepted);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            accepted?.Dispose();
            _places.Release();
            if (exception is not SocketException failure)
            {
                _unbound.Cancel();
                return null;
            }

            // Any other failure is a connection that its client gave up while it waited.
            if (failure.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                if (IsDue())
                {
                    Exhausted(_log, failure.SocketErrorCode);
                }

                await Task.Delay(Pause, _unbound.Token).ConfigureAwait(false);
            }

            return null;
        }
    }

    private bool IsDue()
    {
        long now = Environment.TickCount64;
        if (_loggedAt >= 0 && now - _loggedAt < LogInterval.TotalMilliseconds)
        {
            return false;
        }

        _loggedAt = now;
        return true;
    }

    [LoggerMessage(
        20, LogLevel.Warning,
    "no more connections are accepted for now: {Max} are open, which is what the limit on open files leaves for clients (logged once a minute)")]
    private static partial void Full(ILogger logger, int max);

    [LoggerMessage(
        21, LogLevel.Warning,
    "no connection can be accepted for now: the system says {Reason}; raise the limit on open files (logged once a minute)")]
    private static partial void Exhausted(ILogger logger, SocketError reason);
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>
/// A provider on loopback whose every answer is a script. Scripts given to <see cref="Next"/> serve one request each, in order;
/// then <see cref="Always"/> serves.
/// </summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<Func<UpstreamCall, Task>> _scripts = new();
    private readonly ConcurrentQueue<UpstreamRequest> _requests = new();
    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private Exception? _failure;
    private int _inProgress;

    private ScriptedUpstream() => _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Where it is.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Whether it speaks TLS, with the certificate of <see cref="TestAuthority"/>.</summary>
    public bool IsTls { get; init; }

    /// <summary>Its address.</summary>
    public string Address => $"{(IsTls ? "https" : "http")}://127.0.0.1:{Port}";

    /// <summary>Content type of its streams.</summary>
    public string StreamContentType { get; init; } = "text/event-stream";

    /// <summary>Serves every request that no script of its own waits for.</summary>
    public Func<UpstreamCall, Task>? Always { get; set; }

    /// <summary>The requests so far, in order of arrival.</summary>
    public IReadOnlyList<UpstreamRequest> Requests => [.. _requests];

    /// <summary>Connections that are open.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>Requests that arrived and whose script has not ended.</summary>
    public int InProgress => Volatile.Read(ref _inProgress);

    /// <summary>One that listens.</summary>
    public static ScriptedUpstream Start(string streamContentType = "text/event-stream", bool isTls = false)
    {
        var upstream = new ScriptedUpstream { StreamContentType = streamContentType, IsTls = isTls };
        upstream._listener.Listen(512);
        _ = upstream.AcceptAsync();
        return upstream;
    }

    /// <summary>One that holds a port and refuses every connection to it.</summary>
    public static ScriptedUpstream Refusing() => new();

    /// <summary>Serves the next request that has no script yet.</summary>
    public ScriptedUpstream Next(Func<UpstreamCall, Task> script)
    {
        _scripts.Enqueue(script);
        return this;
    }

    /// <summary>Waits until so many requests have arrived; the last of them.</summary>
    public async Task<UpstreamRequest> ArrivedAsync(int count = 1)
    {
        await Eventually.TrueAsync(() => _requests.Count >= count, $"{count} requests at the provider");
        return Requests[count - 1];
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (Socket socket in _connections.Keys)
        {
            socket.Dispose();
        }

        Assert.Null(_failure);
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _connections[socket] = true;
                _ = ServeAsync(socket);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed: no more connections.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            Stream stream = new NetworkStream(socket);
            if (IsTls)
            {
                var secured = new SslStream(stream);
                await secured.AuthenticateAsServerAsync(TestAuthority.ServerOptions);
                stream = secured;
            }

            var connection = new UpstreamConnection(stream);
            while (await connection.ReadAsync() is { } request)
            {
                Interlocked.Increment(ref _inProgress);
                try
                {
                    _requests.Enqueue(request);
                    var call = new UpstreamCall(socket, stream, connection, request, StreamContentType);
                    Func<UpstreamCall, Task> script = _scripts.TryDequeue(out var own) ? own : Always
                        ?? throw new InvalidOperationException("a request came that no script expects");
                    await script(call);
                    if (!call.KeepAlive)
                    {
                        return;
                    }
                }
                finally
                {
                    Interlocked.Decrement(ref _inProgress);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException or AuthenticationException)
        {
            // The gateway hung up, which scenarios observe otherwise.
        }
        catch (Exception exception)
        {
            _failure ??= exception;
        }
        finally
        {
            _connections.TryRemove(socket, out _);
            socket.Dispose();
        }
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Busbar.Tests.Governance.Store.Postgres;

/// <summary>A way to a server on this machine that can be blocked: with resets, with silence, or for answers only.</summary>
internal sealed class TcpGate : IDisposable
{
    private readonly ConcurrentDictionary<Socket, Socket> _pairs = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private volatile State _state;

    /// <summary>Opens a way to <paramref name="target"/>, a port.</summary>
    public TcpGate(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    private enum State
    {
        Open,
        Reset,
        Silent,
        Answerless,
    }

    /// <summary>Where it begins.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Lets everything pass from now on, on new connections.</summary>
    public void Open()
    {
        Cut();
        _state = State.Open;
    }

    /// <summary>Resets every connection, and each new one.</summary>
    public void Reset()
    {
        _state = State.Reset;
        Cut();
    }

    /// <summary>Lets nothing pass, and tells nobody.</summary>
    public void Silence() => _state = State.Silent;

    /// <summary>Lets requests pass, and resets the connection when the answer comes.</summary>
    public void LoseAnswers() => _state = State.Answerless;

    /// <inheritdoc/>
    public void Dispose()
    {
        Reset();
        _listener.Stop();
    }

    private static void Kill(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The other direction was faster.
        }

        socket.Dispose();
    }

    private void Cut()
    {
        foreach ((Socket client, Socket server) in _pairs)
        {
            Kill(client);
            Kill(server);
        }

        _pairs.Clear();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync();
                if (_state == State.Reset)
                {
                    Kill(client);
                    continue;
                }

                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, _target);
                }
                catch (SocketException)
                {
                    // Nobody there at the moment.
                    Kill(client);
                    continue;
                }

                _pairs[client] = server;
                _ = PumpAsync(client, server, isAnswer: false);
                _ = PumpAsync(server, client, isAnswer: true);
            }
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isAnswer)
    {
        byte[] buffer = new byte[16_384];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var length)
            {
                switch (_state)
                {
                    case State.Silent:
                        continue;
                    case State.Answerless when isAnswer:
                        Kill(from);
                        Kill(to);
                        return;
                    default:
                        await to.SendAsync(buffer.AsMemory(0, length));
                        break;
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            Kill(to);
        }
    }
}

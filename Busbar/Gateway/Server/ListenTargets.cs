using System.Net;
using System.Net.Sockets;
using Busbar.Configuration.Model;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Busbar.Gateway.Server;

/// <summary>
/// What one server listens on: addresses it binds itself, sockets that were opened before it started, or a socket in the file system.
/// </summary>
/// <param name="Addresses">Addresses, <c>host:port</c>; read only when there are no sockets.</param>
/// <param name="Sockets">Descriptors of listening sockets, from a service manager.</param>
/// <param name="ReusePort">Whether other processes may bind the same addresses.</param>
/// <param name="Control">A socket in the file system; null for none.</param>
internal sealed record ListenTargets(IReadOnlyList<string> Addresses, IReadOnlyList<int> Sockets, bool ReusePort = false, ControlSocket? Control =
    null)
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    /// <summary>For messages: the addresses, or that the sockets were handed over.</summary>
    public string Description => Control is { } control ? control.Path : Sockets.Count > 0 ? $"{Sockets.Count} socket(s) of the service manager"
        : string.Join(", ", Addresses);

    /// <summary>Adds everything to <paramref name="options"/>, each with <paramref name="configure"/>.</summary>
    public void AddTo(KestrelServerOptions options, Action<ListenOptions> configure)
    {
        if (Control is { } control)
        {
            options.ListenUnixSocket(control.Path, configure);
        }

        foreach (int socket in Sockets)
        {
            options.ListenHandle((ulong)socket, configure);
        }

        foreach (string text in Sockets.Count > 0 ? [] : Addresses)
        {
            _ = ListenAddress.TryParse(text, out IPEndPoint address);
            if (ListenAddress.IsLocalhost(text) && address.Port != 0)
            {
                // Both families: clients take either for this name.
                options.ListenLocalhost(address.Port, configure);
            }
            else
            {
                options.Listen(address, configure);
            }
        }
    }

    /// <summary>Opens the socket for one address, as Kestrel does but for <see cref="ReusePort"/>.</summary>
    public Socket Bind(EndPoint endpoint)
    {
        if (endpoint is UnixDomainSocketEndPoint && Control is { } control)
        {
            return control.Bind();
        }

        if (!ReusePort || endpoint is not IPEndPoint address)
        {
            return Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }

        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.SetRawSocketOption(SolSocket, SoReusePort, [1, 0, 0, 0]);
            socket.Bind(address);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

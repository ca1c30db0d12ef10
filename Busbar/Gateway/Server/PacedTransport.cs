using System.Net;
using System.Net.Sockets;
using Busbar.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Busbar.Gateway.Server;

/// <summary>Opens listeners that accept no more connections than there are <see cref="ConnectionPlaces"/>.</summary>
/// <param name="bind">Makes a bound socket for an address.</param>
/// <param name="places">What all of them share.</param>
/// <param name="log">Where it is said that there are no more.</param>
internal sealed class PacedTransport(Func<EndPoint, Socket> bind, ConnectionPlaces places, ILogger log) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = bind(endpoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // The server tells this kind from others.
            throw new AddressInUseException(exception.Message, exception);
        }

        try
        {
            if (socket.LocalEndPoint is IPEndPoint)
            {
                // On Linux accepted connections have what their listener has.
                TcpKeepAlive.Enable(socket);
            }

            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new PacedListener(socket, places, log));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

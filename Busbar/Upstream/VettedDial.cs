using System.Net;
using System.Net.Sockets;
using Busbar.Wire;

namespace Busbar.Upstream;

/// <summary>
/// Opens connections to vetted addresses only. A name is resolved here and nowhere else: one that changes its mind between a check and the connect
/// (DNS rebinding) has no such gap to use.
/// </summary>
internal static class VettedDial
{
    /// <summary>Longest use of a connection: long enough to keep it warm, short enough to follow a host that moves.</summary>
    public static readonly TimeSpan LongestUse = TimeSpan.FromMinutes(15);

    /// <summary>A handler that dials as this class does, without redirects, cookies or proxies. It opens no connection yet.</summary>
    /// <param name="isBlocked">Says that an address must not be dialled.</param>
    /// <param name="blockedMessage">What to say when there were only such addresses.</param>
    public static SocketsHttpHandler NewHandler(Func<IPAddress, bool> isBlocked, string blockedMessage) => new()
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = LongestUse,
        MaxResponseHeadersLength = 64,
        ConnectCallback = async (context, cancellation) => new NetworkStream(
            await ConnectAsync(context.DnsEndPoint, isBlocked, blockedMessage, cancellation).ConfigureAwait(false), ownsSocket: true),
    };

    /// <summary>Connects to the first address of <paramref name="target"/> that answers and is not blocked.</summary>
    /// <param name="target">Host and port.</param>
    /// <param name="isBlocked">Says that an address must not be dialled.</param>
    /// <param name="blockedMessage">What to say when there were only such addresses.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async ValueTask<Socket> ConnectAsync(DnsEndPoint target, Func<IPAddress, bool> isBlocked, string blockedMessage, CancellationToken cancellation)
    {
        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : await ResolveAsync(target.Host, cancellation).ConfigureAwait(false);
        Exception? failure = null;
        foreach (IPAddress address in addresses)
        {
            if (isBlocked(address))
            {
                failure ??= new AddressBlockedException(blockedMessage);
                continue;
            }

            Socket? socket = null;
            try
            {
                socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                TcpKeepAlive.Enable(socket);
                await socket.ConnectAsync(address, target.Port, cancellation).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException exception)
            {
                socket?.Dispose();

                // What another address said is the provider's doing, and tells more.
                failure = !IsLocal(exception, address.AddressFamily) ? exception : failure is SocketException ? failure : new LocalExhaustionException(exception);
            }
            catch
            {
                socket?.Dispose();
                throw;
            }
        }

        throw failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    // Without descriptors a name can't be resolved either, and the resolver doesn't say so.
    private static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            try
            {
                using var first = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                using var second = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            }
            catch (SocketException exception) when (IsLocal(exception, AddressFamily.InterNetwork))
            {
                throw new LocalExhaustionException(exception);
            }

            throw;
        }
    }

    // A machine without IPv6 says of every such address that none of its own is available, so there it tells nothing of ports.
    private static bool IsLocal(SocketException exception, AddressFamily family) => exception.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable
        || (exception.SocketErrorCode == SocketError.AddressNotAvailable && family == AddressFamily.InterNetwork);
}

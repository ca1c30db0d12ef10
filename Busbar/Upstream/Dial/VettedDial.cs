using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Busbar.Configuration.Model.Providers;
using Busbar.Wire;

namespace Busbar.Upstream.Dial;

/// <summary>
/// Opens connections to vetted addresses only. A name is resolved here and nowhere else: one that changes its mind between a check and the connect
/// (DNS rebinding) has no such gap to use.
/// </summary>
internal static class VettedDial
{
    // More than any provider has; a name can list thousands.
    private const int MaxAddresses = 16;

    /// <summary>Longest use of a connection: long enough to keep it warm, short enough to follow a host that moves.</summary>
    public static readonly TimeSpan LongestUse = TimeSpan.FromMinutes(15);

    // The delay between attempts that RFC 8305 recommends.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(250);

    /// <summary>A handler that dials as this class does, without redirects and cookies. It opens no connection yet.</summary>
    /// <param name="isBlocked">Says that an address must not be dialled.</param>
    /// <param name="blockedMessage">What to say when there were only such addresses.</param>
    /// <param name="proxy">The proxy to dial through; null for none.</param>
    /// <param name="tls">How TLS is negotiated; null for none.</param>
    public static SocketsHttpHandler NewHandler(
        Func<IPAddress, bool> isBlocked, string blockedMessage, ProxyConfig? proxy = null, SslClientAuthenticationOptions? tls = null) => new()
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = LongestUse,
        MaxResponseHeadersLength = 64,
        ConnectCallback = async (context, cancellation) =>
        {
            var plain = new NetworkStream(await ConnectAsync(context.DnsEndPoint, isBlocked, blockedMessage, cancellation, proxy)
                .ConfigureAwait(false), ownsSocket: true);
            return tls is null ? plain : await SecureAsync(plain, tls, cancellation).ConfigureAwait(false);
        },
    };

    /// <summary>
    /// Connects to <paramref name="target"/>. Where it has several addresses that are not blocked, they are tried as RFC 8305 says: the families take
    /// turns, and one that is silent for a quarter of a second, or fails, lets the next begin beside it. The first that answers is taken.
    /// </summary>
    /// <param name="target">Host and port.</param>
    /// <param name="isBlocked">Says that an address must not be dialled.</param>
    /// <param name="blockedMessage">What to say when there were only such addresses.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <param name="proxy">The proxy to go through, which then resolves the name; null for none.</param>
    public static async ValueTask<Socket> ConnectAsync(
        DnsEndPoint target, Func<IPAddress, bool> isBlocked, string blockedMessage, CancellationToken cancellation, ProxyConfig? proxy = null)
    {
        if (proxy is not null)
        {
            return await ProxyDial.ConnectAsync(proxy, target, cancellation).ConfigureAwait(false);
        }

        IPAddress[] addresses = IPAddress.TryParse(target.Host, out IPAddress? literal)
            ? [literal]
            : await ResolveAsync(target.Host, cancellation).ConfigureAwait(false);
        List<IPAddress> ways = InTurns(addresses, isBlocked);
        return ways.Count switch
        {
            0 => throw (addresses.Length > 0 ? new AddressBlockedException(blockedMessage) : new SocketException((int)SocketError.HostNotFound)),
            1 => await DialAsync(ways[0], target.Port, cancellation).ConfigureAwait(false),
            _ => await RaceAsync(ways, target.Port, cancellation).ConfigureAwait(false),
        };
    }

    /// <summary>
    /// The addresses to try, in their order: those that are not blocked, the resolver's order within a family, and the families in turns.
    /// </summary>
    public static List<IPAddress> InTurns(IReadOnlyList<IPAddress> addresses, Func<IPAddress, bool> isBlocked)
    {
        List<IPAddress> ways = [.. addresses.Where(address => !isBlocked(address)).Take(MaxAddresses)];
        if (ways.Count > 2)
        {
            AddressFamily first = ways[0].AddressFamily;
            List<IPAddress> others = [.. ways.Where(address => address.AddressFamily != first)];
            ways.RemoveAll(address => address.AddressFamily != first);
            for (int index = 0; index < others.Count; index++)
            {
                ways.Insert(Math.Min((index * 2) + 1, ways.Count), others[index]);
            }
        }

        return ways;
    }

    /// <summary>
    /// Connects to whichever of several addresses answers first; each but the first begins when the one before it failed, or has been silent for a
    /// while.
    /// </summary>
    public static async Task<Socket> RaceAsync(IReadOnlyList<IPAddress> ways, int port, CancellationToken cancellation)
    {
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<Socket>> running = [];
        Exception? failure = null;
        int next = 0;
        try
        {
            while (true)
            {
                if (next < ways.Count)
                {
                    running.Add(DialAsync(ways[next++], port, decided.Token));
                }

                if (running.Count == 0)
                {
                    throw failure!;
                }

                Task first = next < ways.Count
                    ? await Task.WhenAny([.. running, Task.Delay(Silence, decided.Token)]).ConfigureAwait(false)
                    : await Task.WhenAny(running).ConfigureAwait(false);
                if (first is not Task<Socket> dial)
                {
                    continue;
                }

                running.Remove(dial);
                try
                {
                    return await dial.ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is SocketException or LocalExhaustionException)
                {
                    // What another address said is the provider's doing, and tells more.
                    failure = failure is null or LocalExhaustionException ? exception : failure;
                }
            }
        }
        finally
        {
            await decided.CancelAsync().ConfigureAwait(false);
            foreach (Task<Socket> late in running)
            {
                _ = CloseAsync(late);
            }
        }
    }

    // Here and not in the handler, which would ask for the host of the address whatever name was configured.
    private static async ValueTask<Stream> SecureAsync(Stream plain, SslClientAuthenticationOptions tls, CancellationToken cancellation)
    {
        var secured = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            await secured.AuthenticateAsClientAsync(tls, cancellation).ConfigureAwait(false);
            return secured;
        }
        catch (Exception exception)
        {
            // Looked at while this connection still holds its descriptor.
            LocalExhaustionException? exhaustion = exception is AuthenticationException ? LocalExhaustionException.Now() : null;
            await secured.DisposeAsync().ConfigureAwait(false);
            if (exhaustion is not null)
            {
                throw exhaustion;
            }

            throw;
        }
    }

    private static async Task CloseAsync(Task<Socket> late)
    {
        try
        {
            (await late.ConfigureAwait(false)).Dispose();
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            // Another address was faster.
        }
    }

    private static async Task<Socket> DialAsync(IPAddress address, int port, CancellationToken cancellation)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            TcpKeepAlive.Enable(socket);
            await socket.ConnectAsync(address, port, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException exception) when (IsLocal(exception, address.AddressFamily))
        {
            socket?.Dispose();
            throw new LocalExhaustionException(exception);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    // Without descriptors a name can't be resolved either, and the resolver doesn't say so.
    private static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false);
        }
        catch (SocketException) when (LocalExhaustionException.Now() is { } exhaustion)
        {
            throw exhaustion;
        }
    }

    // A machine without IPv6 says of every such address that none of its own is available, so there it tells nothing of ports.
    private static bool IsLocal(SocketException exception, AddressFamily family) => exception.SocketErrorCode is SocketError.TooManyOpenSockets
        or SocketError.NoBufferSpaceAvailable
        || (exception.SocketErrorCode == SocketError.AddressNotAvailable && family == AddressFamily.InterNetwork);
}

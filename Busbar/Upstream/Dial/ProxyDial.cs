using System.Net;
using System.Net.Sockets;
using System.Text;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Dial;

/// <summary>
/// Connects through a proxy (RFC 9110, 9.3.6). The proxy resolves the provider's name, so that only the address of the proxy is vetted here: it may
/// be private, and is no service of metadata.
/// </summary>
internal static class ProxyDial
{
    private const int MaxHead = 16 * 1024;

    /// <summary>
    /// A connection to <paramref name="target"/> through <paramref name="proxy"/>. Throws <see cref="ProxyException"/> when the proxy gives none.
    /// </summary>
    public static async ValueTask<Socket> ConnectAsync(ProxyConfig proxy, DnsEndPoint target, CancellationToken cancellation)
    {
        Socket socket;
        try
        {
            socket = await VettedDial.ConnectAsync(
                new DnsEndPoint(proxy.Host, proxy.Port),
                static address => AddressGuard.IsBlocked(address, allowPrivate: true),
                "the proxy's host resolves only to addresses that must not be called",
                cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or AddressBlockedException)
        {
            throw new ProxyException("proxy_unreachable", exception);
        }

        try
        {
            await AskAsync(socket, proxy, target, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new ProxyException("proxy_unreachable", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask AskAsync(Socket socket, ProxyConfig proxy, DnsEndPoint target, CancellationToken cancellation)
    {
        string host = target.Host.Contains(':') ? $"[{target.Host}]:{target.Port}" : $"{target.Host}:{target.Port}";
        string credentials = proxy.Authorization is { } authorization ? $"Proxy-Authorization: {authorization.Reveal()}\r\n" : "";
        ReadOnlyMemory<byte> request = Encoding.ASCII.GetBytes($"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{credentials}\r\n");
        while (!request.IsEmpty)
        {
            request = request[await socket.SendAsync(request, SocketFlags.None, cancellation).ConfigureAwait(false)..];
        }

        byte[] head = new byte[MaxHead];
        int length = 0;
        while (true)
        {
            int count = await socket.ReceiveAsync(head.AsMemory(length), SocketFlags.None, cancellation).ConfigureAwait(false);
            length += count;
            int end = head.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0 || count == 0 || length == MaxHead)
            {
                Judge(head.AsSpan(0, length), end + 4);
                return;
            }
        }
    }

    // Who is connected speaks first, so that nothing may follow the head of a proxy that has opened the way.
    private static void Judge(ReadOnlySpan<byte> answer, int end)
    {
        bool isHttp = answer.Length > 12 && answer.StartsWith("HTTP/1."u8) && !answer[9..12].ContainsAnyExceptInRange((byte)'0', (byte)'9');
        if (!isHttp)
        {
            throw new ProxyException("proxy_no_http");
        }

        if (answer[9] != (byte)'2')
        {
            throw new ProxyException("proxy_" + Encoding.ASCII.GetString(answer[9..12]));
        }

        if (end != answer.Length)
        {
            throw new ProxyException("proxy_no_tunnel");
        }
    }
}

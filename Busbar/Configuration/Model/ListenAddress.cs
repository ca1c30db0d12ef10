using System.Net;

namespace Busbar.Configuration.Model;

/// <summary>Reads addresses a listener binds to.</summary>
internal static class ListenAddress
{
    /// <summary>True for <c>localhost:port</c>, which means both families.</summary>
    public static bool IsLocalhost(string text) => text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Reads <c>host:port</c>: the host an IPv4 address, an IPv6 address in brackets, or <c>localhost</c> (127.0.0.1); the port 0 to 65535.
    /// Other names are refused, because a bind must not wait for name resolution.
    /// </summary>
    public static bool TryParse(string text, out IPEndPoint endpoint)
    {
        endpoint = new IPEndPoint(IPAddress.Any, 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out ushort port))
        {
            return false;
        }

        string host = text[..colon];
        bool bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        IPAddress? address;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            address = IPAddress.Loopback;
        }
        else if (!IPAddress.TryParse(bracketed ? host[1..^1] : host, out address)
            || bracketed != (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            || (!bracketed && host.AsSpan().Count('.') != 3))
        {
            return false;
        }

        endpoint = new IPEndPoint(address, port);
        return true;
    }
}

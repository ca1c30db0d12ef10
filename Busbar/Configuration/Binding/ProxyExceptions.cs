using System.Globalization;
using System.Net;

namespace Busbar.Configuration.Binding;

/// <summary>The list of <c>NO_PROXY</c>: hosts that are called without the proxy of the environment.</summary>
internal static class ProxyExceptions
{
    private static readonly char[] Separators = [',', ' ', '\t'];

    /// <summary>
    /// Whether <paramref name="list"/> names the host: <c>*</c>; a name, which covers what is below it too, with or without a leading dot or
    /// <c>*.</c>; an address; a network such as <c>10.0.0.0/8</c>; a name or an address with a port covers that port only.
    /// </summary>
    public static bool Cover(string? list, string host, int port)
    {
        IPAddress? literal = IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : null;
        foreach (string entry in (list ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry == "*" || (literal is null ? CoversName(entry, host, port) : CoversAddress(entry, literal, port)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool CoversName(string entry, string host, int port)
    {
        int colon = entry.LastIndexOf(':');
        if (colon > 0)
        {
            if (!int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int own) || own != port)
            {
                return false;
            }

            entry = entry[..colon];
        }

        string name = entry.TrimStart('*').Trim('.');
        return name.Length > 0
            && host.EndsWith(name, StringComparison.OrdinalIgnoreCase)
            && (host.Length == name.Length || host[^(name.Length + 1)] == '.');
    }

    private static bool CoversAddress(string entry, IPAddress host, int port) =>
        IPNetwork.TryParse(entry, out IPNetwork network) ? network.Contains(host)
        : IPAddress.TryParse(entry.Trim('[', ']'), out IPAddress? address) ? address.Equals(host)
        : IPEndPoint.TryParse(entry, out IPEndPoint? exact) && exact.Address.Equals(host) && exact.Port == port;
}

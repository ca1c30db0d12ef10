using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Where a request comes from. Headers are believed as far as trusted proxies wrote them: read from the right, the first address that is no trusted
/// proxy's is the client's, and whatever stands left of it is the client's own word.
/// </summary>
internal static class ClientAddress
{
    /// <summary>The client's address; that of the connection when no header may be believed.</summary>
    /// <param name="peer">The other end of the connection.</param>
    /// <param name="headers">The request's headers.</param>
    /// <param name="trusted">Networks of proxies that add the address they were called from.</param>
    public static IPAddress? Of(IPAddress? peer, IHeaderDictionary headers, IReadOnlyList<IPNetwork> trusted)
    {
        if (peer is { IsIPv4MappedToIPv6: true })
        {
            peer = peer.MapToIPv4();
        }

        if (peer is null || !IsTrusted(peer, trusted))
        {
            return peer;
        }

        StringValues listed = headers["X-Forwarded-For"], forwarded = headers["Forwarded"];
        IPAddress byList = Walk(peer, Entries(listed), trusted, static entry => Parse(entry));
        if (forwarded.Count == 0)
        {
            return byList;
        }

        // A proxy that writes one of the two passes the other on as the client sent it: where they differ, which of them is a lie is not known.
        IPAddress byForwarded = Walk(peer, Entries(forwarded), trusted, static entry => For(entry));
        return listed.Count == 0 || byForwarded.Equals(byList) ? byForwarded : peer;
    }

    private static IPAddress Walk(IPAddress peer, string[] entries, IReadOnlyList<IPNetwork> trusted, Func<string, IPAddress?> parse)
    {
        IPAddress last = peer;
        for (int index = entries.Length - 1; index >= 0 && parse(entries[index]) is { } address; index--)
        {
            last = address;
            if (!IsTrusted(address, trusted))
            {
                break;
            }
        }

        return last;
    }

    private static string[] Entries(StringValues lines) =>
        string.Join(',', lines.ToArray()).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsTrusted(IPAddress address, IReadOnlyList<IPNetwork> trusted)
    {
        foreach (IPNetwork network in trusted)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    // One element of Forwarded (RFC 7239, 4): for=192.0.2.1, for="[2001:db8::1]:4711", among by=, host= and proto=.
    private static IPAddress? For(string element)
    {
        foreach (string pair in element.Split(';', StringSplitOptions.TrimEntries))
        {
            if (pair.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
            {
                return Parse(pair[4..].Trim('"'));
            }
        }

        return null;
    }

    // An address, perhaps with a port; IPv6 then in brackets.
    private static IPAddress? Parse(string text)
    {
        if (text.StartsWith('[') && text.IndexOf(']') is > 0 and var end)
        {
            text = text[1..end];
        }
        else if (text.Count(character => character == ':') == 1)
        {
            text = text[..text.IndexOf(':')];
        }

        // Short spellings such as "1" would be taken for addresses too.
        return (text.Contains(':') || text.Count(character => character == '.') == 3) && IPAddress.TryParse(text, out IPAddress? address)
            ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address
            : null;
    }
}

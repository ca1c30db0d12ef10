using System.Net;

namespace Busbar.Configuration.Guards;

/// <summary>Says which host names and literal addresses may stand in a URL.</summary>
internal static class HostGuard
{
    private static readonly string[] MetadataNames =
    [
        "metadata", "metadata.google.internal", "metadata.internal", "metadata.tencentyun.com", "metadata.platformequinix.com", "instance-data",
        "instance-data.ec2.internal",
    ];

    /// <summary>Why a host is refused; null when it may be called.</summary>
    /// <param name="host">The host as written, brackets included, without trailing dots.</param>
    /// <param name="kind">What the host is as far as its spelling tells; a DNS name is <see cref="AddressKind.Public"/>.</param>
    /// <param name="allowed">Kinds that may be called besides public ones.</param>
    public static string? Refusal(ReadOnlySpan<char> host, out AddressKind kind, params ReadOnlySpan<AddressKind> allowed)
    {
        kind = AddressKind.Public;
        if (host.IsEmpty)
        {
            return "it names no host";
        }

        if (host[0] == '[')
        {
            if (host[^1] != ']' || !IPAddress.TryParse(host[1..^1], out IPAddress? address) || !host.Contains(':'))
            {
                return "what stands in brackets is not an IPv6 address";
            }

            kind = AddressGuard.Classify(address);
            return Judge(kind, allowed);
        }

        foreach (char letter in host)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '.' or '_'))
            {
                return letter > 0x7F ? "the host is not written in ASCII letters (write an international name in its xn-- form)"
                    : $"the host contains '{letter}'";
            }
        }

        string name = host.ToString().ToLowerInvariant();
        if (LegacyAddress.IsNumeric(name))
        {
            if (!LegacyAddress.TryParse(name, out uint address, out bool isPlain))
            {
                return "the host is not an IPv4 address";
            }

            kind = AddressGuard.Classify(address);
            return isPlain || (kind == AddressKind.Loopback && allowed.Contains(AddressKind.Loopback) && !allowed.Contains(AddressKind.Private))
                ? Judge(kind, allowed)
                : "the IPv4 address is not written as four decimal numbers";
        }

        if (name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal))
        {
            kind = AddressKind.Loopback;
        }
        else if (MetadataNames.Contains(name))
        {
            kind = AddressKind.Forbidden;
        }

        return Judge(kind, allowed);
    }

    private static string? Judge(AddressKind kind, ReadOnlySpan<AddressKind> allowed) => kind switch
    {
        AddressKind.Public => null,
        _ when allowed.Contains(kind) => null,
        AddressKind.Loopback => "it points at this machine",
        AddressKind.Private => "it points into a private network",
        _ => "it points at a link-local, metadata or reserved address",
    };
}

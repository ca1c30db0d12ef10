using System.Text;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;

namespace Busbar.Configuration.Guards;

/// <summary>Decides whether traces and request logs may be sent to a URL, and takes the credentials out of it.</summary>
internal static class SinkGuard
{
    /// <summary>
    /// Judges the receiver of request logs: https only, no loopback, no private network. <paramref name="allowPrivate"/> opens both, over http too.
    /// </summary>
    public static SinkEndpoint Webhook(string url, bool allowPrivate = false) => Judge(url, isCollector: false, allowPrivate);

    /// <summary>Judges a trace collector: as a webhook, but loopback is allowed, over http too and in any spelling.</summary>
    public static SinkEndpoint Otlp(string url, bool allowPrivate = false) => Judge(url, isCollector: true, allowPrivate);

    /// <summary>
    /// Whether a receiver at <paramref name="address"/> may be dialled where its host resolves to an address of this <paramref name="kind"/>.
    /// </summary>
    public static bool Allows(Uri address, AddressKind kind, bool allowPrivate) => kind switch
    {
        // Without TLS nothing leaves for a public network, whatever a name resolves to.
        AddressKind.Public => address.Scheme == Uri.UriSchemeHttps,
        AddressKind.Loopback or AddressKind.Private => allowPrivate,
        _ => false,
    };

    /// <summary>The URL with credentials replaced by <c>***@</c>.</summary>
    public static string Mask(string url) => UrlParts.TryCut(url, out UrlParts parts) && !parts.UserInfo.IsEmpty
        ? url.Replace(parts.UserInfo.ToString(), "***@", StringComparison.Ordinal)
        : url;

    private static SinkEndpoint Judge(string url, bool isCollector, bool allowPrivate)
    {
        if (url.AsSpan().ContainsAny(ControlCharacters.All) || url.Any(char.IsWhiteSpace))
        {
            return Refused("it contains white space or a control character");
        }

        if (!UrlParts.TryCut(url, out UrlParts parts))
        {
            return Refused("it is not a URL");
        }

        bool isHttps = parts.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);
        bool isHttp = parts.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase);
        if (!isHttps && !((isCollector || allowPrivate) && isHttp))
        {
            return Refused(isCollector || allowPrivate ? "it must begin with https:// or http://" : "it must use https");
        }

        ReadOnlySpan<AddressKind> allowed = allowPrivate ? [AddressKind.Loopback, AddressKind.Private] : isCollector ? [AddressKind.Loopback] : [];
        if (HostGuard.Refusal(parts.Host, out AddressKind kind, allowed) is { } reason)
        {
            return Refused(reason);
        }

        // A name may lead into a private network; that is looked at when the connection is made.
        bool isName = parts.Host[0] != '[' && !LegacyAddress.IsNumeric(parts.Host.ToString());
        if (isHttp && kind == AddressKind.Public && !(allowPrivate && isName))
        {
            return Refused(allowPrivate ? "http is accepted for this machine and private networks only" : "http is accepted for this machine only");
        }

        string bare = $"{parts.Scheme}://{parts.Host}{parts.Port}{parts.Rest}";
        if (!Uri.TryCreate(bare, UriKind.Absolute, out Uri? uri)
            || HostGuard.Refusal(Bracketed(uri), out _, allowed) is not null)
        {
            return Refused("it is not a URL");
        }

        return new SinkEndpoint { Url = uri.AbsoluteUri, Authorization = Basic(parts.UserInfo) };
    }

    private static string Bracketed(Uri uri) =>
        uri.HostNameType == UriHostNameType.IPv6 && !uri.IdnHost.StartsWith('[') ? $"[{uri.IdnHost}]" : uri.IdnHost.TrimEnd('.');

    private static Secret? Basic(ReadOnlySpan<char> userInfo)
    {
        if (userInfo.IsEmpty)
        {
            return null;
        }

        string pair = Uri.UnescapeDataString(userInfo[..^1]);
        return new Secret("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(userInfo.Contains(':') ? pair : pair + ":")));
    }

    private static SinkEndpoint Refused(string reason) => new() { Refusal = reason };
}

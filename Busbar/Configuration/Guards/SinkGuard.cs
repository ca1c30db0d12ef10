using System.Text;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;

namespace Busbar.Configuration.Guards;

/// <summary>Decides whether traces and request logs may be sent to a URL, and takes the credentials out of it.</summary>
internal static class SinkGuard
{
    /// <summary>Judges the receiver of request logs: https only, no loopback, no private network.</summary>
    public static SinkEndpoint Webhook(string url) => Judge(url, isCollector: false);

    /// <summary>Judges a trace collector: as a webhook, but loopback is allowed, over http too and in any spelling.</summary>
    public static SinkEndpoint Otlp(string url) => Judge(url, isCollector: true);

    /// <summary>The URL with credentials replaced by <c>***@</c>.</summary>
    public static string Mask(string url) => UrlParts.TryCut(url, out UrlParts parts) && !parts.UserInfo.IsEmpty
        ? url.Replace(parts.UserInfo.ToString(), "***@", StringComparison.Ordinal)
        : url;

    private static SinkEndpoint Judge(string url, bool isCollector)
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
        if (!isHttps && !(isCollector && isHttp))
        {
            return Refused(isCollector ? "it must begin with https:// or http://" : "it must use https");
        }

        ReadOnlySpan<AddressKind> allowed = isCollector ? [AddressKind.Loopback] : [];
        if (HostGuard.Refusal(parts.Host, out AddressKind kind, allowed) is { } reason)
        {
            return Refused(reason);
        }

        if (isHttp && kind != AddressKind.Loopback)
        {
            return Refused("http is accepted for this machine only");
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

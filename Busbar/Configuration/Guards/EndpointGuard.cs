using System.Net;
using Busbar.Configuration.Binding;

namespace Busbar.Configuration.Guards;

/// <summary>
/// Decides whether a provider may be at a URL. The text is judged as written, because libraries tidy away what an attacker hides in it, and then the
/// host that <see cref="Uri"/> makes of it; either may refuse. Names are not resolved here: <see cref="AddressGuard"/> judges the addresses when a
/// connection is made.
/// </summary>
internal static class EndpointGuard
{
    /// <summary>Why <paramref name="url"/> is refused; null when it is accepted.</summary>
    /// <param name="url">A provider's base address, alone or with a path.</param>
    /// <param name="allowPrivate">Accept <c>http://</c>, loopback and private networks.</param>
    public static string? Refusal(string url, bool allowPrivate)
    {
        if (url.AsSpan().ContainsAny(ControlCharacters.All) || url.Any(char.IsWhiteSpace))
        {
            return "it contains white space or a control character";
        }

        if (!UrlParts.TryCut(url, out UrlParts parts) || !IsWeb(parts.Scheme, allowPrivate))
        {
            return allowPrivate ? "it must begin with https:// or http://" : "it must use https (begin with https://)";
        }

        if (!parts.UserInfo.IsEmpty)
        {
            return "it must not contain a user name or password";
        }

        if (!parts.Port.IsEmpty && (!ushort.TryParse(parts.Port[1..], System.Globalization.NumberStyles.None, null, out ushort port) || port == 0))
        {
            return "its port is not a number from 1 to 65535";
        }

        ReadOnlySpan<AddressKind> allowed = allowPrivate ? [AddressKind.Loopback, AddressKind.Private] : [];
        if (HostGuard.Refusal(parts.Host, out AddressKind kind, allowed) is { } reason)
        {
            return reason;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || !IsWeb(uri.Scheme, allowPrivate))
        {
            return "it is not a URL";
        }

        string host = uri.IdnHost.TrimEnd('.');
        if (HostGuard.Refusal(uri.HostNameType == UriHostNameType.IPv6 && host[0] != '[' ? $"[{host}]" : host, out _, allowed) is { } hidden)
        {
            return hidden;
        }

        bool isPublicAddress = kind == AddressKind.Public && IPAddress.TryParse(host, out _);
        return isPublicAddress && uri.Scheme == Uri.UriSchemeHttp ? "a public address needs https" : null;
    }

    private static bool IsWeb(ReadOnlySpan<char> scheme, bool allowPlain) =>
        scheme.Equals("https", StringComparison.OrdinalIgnoreCase) || (allowPlain && scheme.Equals("http", StringComparison.OrdinalIgnoreCase));
}

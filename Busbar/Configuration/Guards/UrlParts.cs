namespace Busbar.Configuration.Guards;

/// <summary>A URL cut into its parts by text alone, as an attacker's parser might, before any library has tidied it up.</summary>
internal readonly ref struct UrlParts
{
    private UrlParts(ReadOnlySpan<char> scheme, ReadOnlySpan<char> userInfo, ReadOnlySpan<char> host, ReadOnlySpan<char> port,
        ReadOnlySpan<char> rest)
    {
        Scheme = scheme;
        UserInfo = userInfo;
        Host = host;
        Port = port;
        Rest = rest;
    }

    /// <summary>What stands before <c>://</c>.</summary>
    public ReadOnlySpan<char> Scheme { get; }

    /// <summary>What stands before and with the last <c>@</c> of the authority; empty when there is none.</summary>
    public ReadOnlySpan<char> UserInfo { get; }

    /// <summary>The host, the brackets of an IPv6 address included, without trailing dots.</summary>
    public ReadOnlySpan<char> Host { get; }

    /// <summary>The port with its colon; empty when there is none.</summary>
    public ReadOnlySpan<char> Port { get; }

    /// <summary>Path, query and fragment.</summary>
    public ReadOnlySpan<char> Rest { get; }

    /// <summary>Cuts a URL. The authority ends at the first <c>/</c>, <c>\</c>, <c>?</c> or <c>#</c>. False when there is no <c>://</c>.</summary>
    public static bool TryCut(ReadOnlySpan<char> url, out UrlParts parts)
    {
        parts = default;
        int scheme = url.IndexOf("://");
        if (scheme < 0)
        {
            return false;
        }

        ReadOnlySpan<char> after = url[(scheme + 3)..];
        int end = after.IndexOfAny("/\\?#");
        ReadOnlySpan<char> rest = end < 0 ? [] : after[end..];
        ReadOnlySpan<char> authority = end < 0 ? after : after[..end];
        int at = authority.LastIndexOf('@');
        ReadOnlySpan<char> userInfo = at < 0 ? [] : authority[..(at + 1)];
        ReadOnlySpan<char> host = authority[(at + 1)..];
        int colon = host.LastIndexOf(':');
        ReadOnlySpan<char> port = [];
        if (colon > host.LastIndexOf(']'))
        {
            port = host[colon..];
            host = host[..colon];
        }

        parts = new UrlParts(url[..scheme], userInfo, host.TrimEnd('.'), port, rest);
        return true;
    }
}

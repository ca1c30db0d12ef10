namespace Busbar.Gateway.Routing;

/// <summary>Path and query of a request, as sent.</summary>
internal readonly ref struct RequestTarget
{
    /// <summary>Cuts a raw request target.</summary>
    public RequestTarget(ReadOnlySpan<char> target)
    {
        // A proxy may send the absolute form (RFC 9112, 3.2.2).
        if (target.IsEmpty || target[0] != '/')
        {
            int scheme = target.IndexOf("://", StringComparison.Ordinal);
            int slash = scheme < 0 ? -1 : target[(scheme + 3)..].IndexOf('/');
            target = slash < 0 ? "/" : target[(scheme + 3 + slash)..];
        }

        int query = target.IndexOf('?');
        Path = query < 0 ? target : target[..query];
        Query = query < 0 ? default : target[(query + 1)..];
    }

    /// <summary>Percent-encoded, without query.</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Without the question mark; empty when there is none.</summary>
    public ReadOnlySpan<char> Query { get; }
}

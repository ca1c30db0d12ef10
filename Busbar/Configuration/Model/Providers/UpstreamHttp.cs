namespace Busbar.Configuration.Model.Providers;

/// <summary>The HTTP version a provider is called with: <c>providers.*.http_version</c>.</summary>
public enum UpstreamHttp
{
    /// <summary>HTTP/1.1, which takes least CPU for most numbers of calls at once.</summary>
    Auto,

    /// <summary>HTTP/1.1: a connection for each call at a time.</summary>
    Http11,

    /// <summary>HTTP/2 where TLS negotiates it, HTTP/1.1 otherwise: many calls at a time over one connection.</summary>
    Http2,
}

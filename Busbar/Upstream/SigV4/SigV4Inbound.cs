namespace Busbar.Upstream.SigV4;

/// <summary>A received request as its signature covers it, before anything in it was rewritten, and without its body.</summary>
/// <param name="Method">HTTP method, upper case.</param>
/// <param name="RawPath">The path as received, still percent-encoded.</param>
/// <param name="RawQuery">The query as received, without its question mark; empty when there is none.</param>
/// <param name="Header">Value of a header by lower-case name, several values joined by commas; null when absent.</param>
internal readonly record struct SigV4Inbound(string Method, string RawPath, string RawQuery, Func<string, string?> Header);

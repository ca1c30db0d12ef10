using Busbar.Dashboard;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway.Routing;

/// <summary>
/// Serves the page for people. Its files hold nothing of this gateway: what the page shows it asks the admin API for, with the operator's token.
/// </summary>
internal static class PageEndpoint
{
    /// <summary>Where the page is.</summary>
    public const string Root = "/admin/ui";

    // Only what comes from here runs, is shown or is called; what is written into the page is never taken for markup.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
            "frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Sets the head of the answer for a file of the page, and returns the body; null for any other path or method.</summary>
    public static ReadOnlyMemory<byte>? TryServe(string method, ReadOnlySpan<char> path, IHeaderDictionary asked, IHttpResponseFeature response)
    {
        if (!path.StartsWith(Root, StringComparison.Ordinal) || (method != HttpMethods.Get && method != HttpMethods.Head))
        {
            return null;
        }

        ReadOnlySpan<char> rest = path[Root.Length..];
        if (rest.SequenceEqual("/"))
        {
            response.StatusCode = StatusCodes.Status308PermanentRedirect;
            response.Headers.Location = "../ui";
            response.Headers.ContentLength = 0;
            return ReadOnlyMemory<byte>.Empty;
        }

        if (rest.Length > 0 && rest[0] != '/')
        {
            return null;
        }

        if (PageFile.Find(rest.Length == 0 ? PageFile.Index : rest[1..].ToString()) is not { } file)
        {
            return null;
        }

        IHeaderDictionary headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.Vary = "Accept-Encoding";
        headers.ETag = file.Tag;
        if (asked.IfNoneMatch == file.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return ReadOnlyMemory<byte>.Empty;
        }

        (string? coding, byte[] body) = file.In(asked.AcceptEncoding.ToString());
        headers.ContentType = file.ContentType;
        headers.ContentEncoding = coding;
        headers.ContentLength = body.Length;
        return method == HttpMethods.Head ? ReadOnlyMemory<byte>.Empty : body;
    }
}

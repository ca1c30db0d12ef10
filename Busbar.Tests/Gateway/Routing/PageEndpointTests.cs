using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Busbar.Dashboard;
using Busbar.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Tests.Gateway.Routing;

/// <summary>How the page for people is served.</summary>
public sealed partial class PageEndpointTests
{
    [Fact]
    public void Everything_that_the_page_loads_is_inside_the_program_and_small()
    {
        string page = Encoding.UTF8.GetString(PageFile.Find(PageFile.Index)!.In("").Body);
        string[] loaded = [.. Loaded().Matches(page).Select(match => match.Groups["name"].Value)];

        Assert.NotEmpty(loaded);
        Assert.All(loaded, name => Assert.NotNull(PageFile.Find(name.Replace("ui/", ""))));
        Assert.InRange(PageFile.Names.Sum(name => PageFile.Find(name)!.In("gzip").Body.Length), 1, 150 * 1024);
        Assert.All(PageFile.Names, name => Assert.DoesNotContain("innerHTML", Encoding.UTF8.GetString(PageFile.Find(name)!.In("").Body)));
    }

    [Fact]
    public void It_runs_only_what_comes_from_here_and_stands_in_no_frame()
    {
        var response = new HttpResponseFeature();

        Assert.NotNull(PageEndpoint.TryServe("GET", "/admin/ui", new HeaderDictionary(), response));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", response.Headers.ContentSecurityPolicy.ToString());
        Assert.Contains("frame-ancestors 'none'", response.Headers.ContentSecurityPolicy.ToString());
        Assert.DoesNotContain("unsafe", response.Headers.ContentSecurityPolicy.ToString());
        Assert.Equal("nosniff", response.Headers.XContentTypeOptions);
        Assert.Equal("no-cache", response.Headers.CacheControl);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public void It_is_compressed_as_the_browser_likes(string coding)
    {
        var response = new HttpResponseFeature();
        ReadOnlyMemory<byte> body = PageEndpoint.TryServe("GET", "/admin/ui", new HeaderDictionary { ["Accept-Encoding"] = coding }, response)!.Value;
        using Stream plain = coding == "br" ? new BrotliStream(new MemoryStream(body.ToArray()), CompressionMode.Decompress)
            : new GZipStream(new MemoryStream(body.ToArray()), CompressionMode.Decompress);

        Assert.Equal(coding, response.Headers.ContentEncoding);
        Assert.StartsWith("<!doctype html>", new StreamReader(plain).ReadToEnd());
    }

    [Fact]
    public void What_a_browser_has_already_is_not_sent_again()
    {
        var first = new HttpResponseFeature();
        PageEndpoint.TryServe("GET", "/admin/ui/app.js", new HeaderDictionary(), first);
        var second = new HttpResponseFeature();

        Assert.Equal(0, PageEndpoint.TryServe("GET", "/admin/ui/app.js", new HeaderDictionary { ["If-None-Match"] = first.Headers.ETag },
            second)!.Value.Length);
        Assert.Equal(304, second.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/admin/uix")]
    [InlineData("GET", "/admin/ui/nothing.js")]
    [InlineData("GET", "/admin/ui/../openapi.json")]
    [InlineData("POST", "/admin/ui")]
    public void Other_paths_and_methods_are_not_the_pages(string method, string path) =>
        Assert.Null(PageEndpoint.TryServe(method, path, new HeaderDictionary(), new HttpResponseFeature()));

    [GeneratedRegex("(?:src|href)=\"(?<name>[^\"#]+)\"")]
    private static partial Regex Loaded();
}

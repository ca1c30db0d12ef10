using System.Security.Cryptography;
using System.Text;
using Busbar.Upstream.SigV4;
using Busbar.Wire;

namespace Busbar.Tests.Upstream.SigV4;

/// <summary>AWS's published examples: the IAM user guide's ListUsers call and the Signature Version 4 test suite.</summary>
public class SigV4SignatureTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string Date = "20150830T123600Z";

    [Fact, Trait("gotcha", "T258")]
    public void The_published_ListUsers_example_is_matched() => Assert.Equal(
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        Signature(
            "GET",
            "/",
            "Action=ListUsers&Version=2010-05-08",
            "",
            "iam",
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", "iam.amazonaws.com"),
            ("x-amz-date", Date)));

    [Theory]
    [InlineData("GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "/", "Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("GET", "/", "Param1=value1", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb")]
    [InlineData("GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")]
    [InlineData("GET", "/\u1234", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")]
    public void The_vanilla_family_of_the_test_suite_is_matched(string method, string path, string query, string expected) =>
        Assert.Equal(expected, Signature(method, path, query, "", "service", ("host", "example.amazonaws.com"), ("x-amz-date", Date)));

    [Fact]
    public void The_form_post_of_the_test_suite_is_matched() => Assert.Equal(
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        Signature(
            "POST",
            "/",
            "",
            "Param1=value1",
            "service",
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", "example.amazonaws.com"),
            ("x-amz-date", Date)));

    [Fact]
    public void The_header_trim_example_of_the_test_suite_is_matched() => Assert.Equal(
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        Signature(
            "GET",
            "/",
            "",
            "",
            "service",
            ("host", "example.amazonaws.com"),
            ("my-header1", " value1"),
            ("my-header2", " \"a   b   c\""),
            ("x-amz-date", Date)));

    [Theory, Trait("gotcha", "T260")]
    [InlineData("  a  b   c ", "a b c")]
    [InlineData("a\t\tb", "a\t\tb")]
    [InlineData("\ta ", "\ta")]
    [InlineData("a\u00a0\u00a0b\u00a0", "a\u00a0\u00a0b\u00a0")]
    [InlineData("   ", "")]
    public void Only_ascii_spaces_are_collapsed(string value, string expected) => Assert.Equal(expected, SigV4Signature.CanonicalValue(value));

    [Theory]
    [InlineData("", "")]
    [InlineData("b=2&a=1", "a=1&b=2")]
    [InlineData("a=2&a=1&A=0", "A=0&a=1&a=2")]
    [InlineData("flag", "flag=")]
    [InlineData("a=b=c&x=%2f%20+", "a=b%3Dc&x=%2F%20%2B")]
    [InlineData("a=%zz", null)]
    public void A_query_is_put_in_canonical_form(string raw, string? expected) => Assert.Equal(expected, SigV4Signature.CanonicalQuery(raw));

    private static string Signature(string method, string path, string query, string body, string service, params (string, string)[] headers) =>
        SigV4Signature.Compute(
            Secret,
            new SigV4Scope(Date[..8], "us-east-1", service),
            Date,
            method,
            UrlPath.EncodePath(path),
            SigV4Signature.CanonicalQuery(query)!,
            headers,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))));
}

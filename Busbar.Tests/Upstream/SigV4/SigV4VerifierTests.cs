using System.Globalization;
using System.Security.Cryptography;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;
using Busbar.Wire;

namespace Busbar.Tests.Upstream.SigV4;

public class SigV4VerifierTests
{
    private const string Path = "/model/us.amazon.nova-micro-v1%3A0/converse";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 16, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Body = "{\"messages\":[]}"u8.ToArray();

    [Fact]
    public void What_the_signer_signs_is_valid()
    {
        Assert.True(AwsCredential.TryParse("AKID:secret:token", out AwsCredential? credential));
        SigV4Headers signed = SigV4Signer.Sign(credential, "us-east-1", "gateway:8080", Path, Now, Body);
        var headers = new Dictionary<string, string>
        {
            ["authorization"] = signed.Authorization,
            ["content-type"] = "application/json",
            ["host"] = "gateway:8080",
            ["x-amz-date"] = signed.Date,
            ["x-amz-content-sha256"] = signed.ContentSha256,
            ["x-amz-security-token"] = "token",
        };
        Assert.Equal(SigV4Result.Valid, Verify(headers, out string id));
        Assert.Equal("AKID", id);
    }

    [Theory]
    [InlineData("GET", "", "service", "host;x-amz-date", "example.amazonaws.com", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "", "service", "host;x-amz-date", "example.amazonaws.com",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "Param2=value2&Param1=value1", "service", "host;x-amz-date", "example.amazonaws.com",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("GET", "Action=ListUsers&Version=2010-05-08", "iam", "content-type;host;x-amz-date", "iam.amazonaws.com",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")]
    public void The_published_examples_are_valid(string method, string query, string service, string signed, string host, string signature)
    {
        var headers = new Dictionary<string, string>
        {
            ["authorization"] =
                $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, SignedHeaders={signed}, Signature={signature}",
            ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8",
            ["host"] = host,
            ["x-amz-date"] = "20150830T123600Z",
        };
        var inbound = new SigV4Inbound(method, "/", query, headers.GetValueOrDefault);
        var now = new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);
        Assert.Equal(SigV4Result.Valid, SigV4Check.Verify(inbound, [], _ => "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", now, out string id));
        Assert.Equal("AKIDEXAMPLE", id);
        Assert.Equal(SigV4Result.WrongSignature, SigV4Check.Verify(
            inbound with { Method = "PUT" }, [], _ => "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", now, out _));
    }

    [Fact, Trait("gotcha", "T265")]
    public void The_hash_of_the_received_body_counts_when_none_was_sent()
    {
        Dictionary<string, string> headers = Signed(sendHash: false);
        Assert.Equal(SigV4Result.Valid, Verify(headers, out _));
        Assert.Equal(SigV4Result.WrongSignature, Verify(headers, out _, body: "{\"messages\":[ ]}"u8.ToArray()));
    }

    [Theory, Trait("gotcha", "T264")]
    [InlineData(-301, nameof(SigV4Result.Skewed))]
    [InlineData(-300, nameof(SigV4Result.Valid))]
    [InlineData(300, nameof(SigV4Result.Valid))]
    [InlineData(301, nameof(SigV4Result.Skewed))]
    public void The_clocks_may_differ_by_five_minutes(int seconds, string expected) =>
        Assert.Equal(expected, Verify(Signed(), out _, now: Now.AddSeconds(seconds)).ToString());

    [Fact, Trait("gotcha", "T264")]
    public void A_tampered_body_is_refused()
    {
        Assert.Equal(SigV4Result.WrongPayload, Verify(Signed(), out string id, body: "{}"u8.ToArray()));
        Assert.Equal("", id);
    }

    [Fact, Trait("gotcha", "T264")]
    public void An_unsigned_payload_is_refused()
    {
        Dictionary<string, string> headers = Signed();
        headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
        Assert.Equal(SigV4Result.WrongPayload, Verify(headers, out _));
    }

    [Fact, Trait("gotcha", "T264")]
    public void An_unsigned_host_is_refused() => Assert.Equal(SigV4Result.HostNotSigned, Verify(Signed(signHost: false), out _));

    [Fact]
    public void The_authority_may_be_signed_in_place_of_the_host_as_clients_of_HTTP_2_do()
    {
        string date = Now.ToString(SigV4Signature.DateFormat, CultureInfo.InvariantCulture);
        var scope = new SigV4Scope(date[..8], "us-east-1", "bedrock");
        (string, string)[] signed = [(":authority", "localhost:8080"), ("x-amz-date", date)];
        string signature = SigV4Signature.Compute("secret", scope, date, "POST", UrlPath.EncodePath(Path), "", signed, Hash(Body));
        Dictionary<string, string> headers = Signed(sendHash: false);
        headers["authorization"] =
            $"AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={SigV4Signature.SignedNames(signed)}, Signature={signature}";
        Assert.Equal(SigV4Result.Valid, Verify(headers, out _));
        headers["host"] = "other:8080";
        Assert.Equal(SigV4Result.WrongSignature, Verify(headers, out _));
    }

    [Fact]
    public void A_payload_hash_outside_the_signature_is_refused()
    {
        Dictionary<string, string> headers = Signed(sendHash: false);
        headers["x-amz-content-sha256"] = Hash(Body);
        Assert.Equal(SigV4Result.WrongPayload, Verify(headers, out _));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("content-type")]
    public void A_signed_header_that_is_missing_is_refused(string name)
    {
        Dictionary<string, string> headers = Signed();
        headers.Remove(name);
        Assert.Equal(SigV4Result.HeaderMissing, Verify(headers, out _));
    }

    [Theory]
    [InlineData("host", "other")]
    [InlineData("content-type", "text/plain")]
    public void A_signed_header_that_was_changed_is_refused(string name, string value)
    {
        Dictionary<string, string> headers = Signed();
        headers[name] = value;
        Assert.Equal(SigV4Result.WrongSignature, Verify(headers, out _));
    }

    [Fact]
    public void Method_path_and_query_are_covered()
    {
        Assert.Equal(SigV4Result.WrongSignature, Verify(Signed(), out _, method: "PUT"));
        Assert.Equal(SigV4Result.WrongSignature, Verify(Signed(), out _, path: Path + "-stream"));
        Assert.Equal(SigV4Result.WrongSignature, Verify(Signed(), out _, path: Path.Replace("%3A", ":", StringComparison.Ordinal)));
        Assert.Equal(SigV4Result.WrongSignature, Verify(Signed(), out _, query: "a=1"));
        Assert.Equal(SigV4Result.Malformed, Verify(Signed(), out _, query: "a=%"));
    }

    [Fact]
    public void Another_secret_makes_another_signature()
    {
        Assert.Equal(SigV4Result.WrongSignature, Verify(Signed(secret: "other"), out string id));
        Assert.Equal("", id);
    }

    [Fact]
    public void The_headers_alone_tell_everything_but_the_secret_and_the_body()
    {
        Dictionary<string, string> headers = Signed();
        Assert.Equal(SigV4Result.Valid, SigV4Verifier.Judge(new SigV4Inbound("POST", Path, "", headers.GetValueOrDefault), Now,
            out SigV4Claim? claim));
        Assert.Equal((Hash(Body), "bedrock"), (claim!.DeclaredHash, claim.Scope.Service));
        Assert.Equal(SigV4Result.Valid, claim.Check("secret", claim.DeclaredHash!));
        Assert.Equal(SigV4Result.WrongSignature, claim.Check("another", claim.DeclaredHash!));

        headers = Signed(sendHash: false);
        Assert.Equal(SigV4Result.Valid, SigV4Verifier.Judge(new SigV4Inbound("POST", Path, "", headers.GetValueOrDefault), Now, out claim));
        Assert.Null(claim!.DeclaredHash);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("ZZ5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf")]
    public void A_payload_hash_that_is_none_is_refused_before_the_body(string hash)
    {
        Dictionary<string, string> headers = Signed();
        headers["x-amz-content-sha256"] = hash;
        Assert.Equal(SigV4Result.WrongPayload, SigV4Verifier.Judge(new SigV4Inbound("POST", Path, "", headers.GetValueOrDefault), Now, out _));
    }

    [Fact]
    public void The_scope_must_name_the_day_of_the_request() =>
        Assert.Equal(SigV4Result.WrongScope, Verify(Signed(day: "20261121"), out _));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("20261122")]
    [InlineData("2026-11-22T16:00:00Z")]
    public void A_request_without_a_proper_date_is_refused(string? date)
    {
        Dictionary<string, string> headers = Signed();
        headers.Remove("x-amz-date");
        if (date is not null)
        {
            headers["x-amz-date"] = date;
        }

        Assert.Equal(SigV4Result.NoDate, Verify(headers, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer token")]
    [InlineData("AWS4-HMAC-SHA256")]
    [InlineData("AWS4-HMAC-SHA256 ")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws4_request, SignedHeaders=host")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock, SignedHeaders=host, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws5_request, SignedHeaders=host, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=/20261122/r/bedrock/aws4_request, SignedHeaders=host, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws4_request, SignedHeaders=, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws4_request, SignedHeaders=x;host, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws4_request, SignedHeaders=host;host, Signature=0")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws4_request, SignedHeaders=host, Signature=0, Signature=1")]
    [InlineData("AWS4-HMAC-SHA256 Credential=A/20261122/r/bedrock/aws4_request, SignedHeaders=host, Signature=0, Extra=1")]
    public void A_malformed_authorization_is_refused(string authorization)
    {
        Dictionary<string, string> headers = Signed();
        headers["authorization"] = authorization;
        Assert.Equal(SigV4Result.Malformed, Verify(headers, out _));
    }

    [Fact]
    public void The_parts_may_be_separated_without_spaces()
    {
        Dictionary<string, string> headers = Signed();
        headers["authorization"] = headers["authorization"].Replace(", ", ",", StringComparison.Ordinal);
        Assert.Equal(SigV4Result.Valid, Verify(headers, out _));
    }

    private static Dictionary<string, string> Signed(bool sendHash = true, bool signHost = true, string id = "AKID", string secret = "secret",
        string? day = null)
    {
        string date = Now.ToString(SigV4Signature.DateFormat, CultureInfo.InvariantCulture);
        var scope = new SigV4Scope(day ?? date[..8], "us-east-1", "bedrock");
        var headers = new Dictionary<string, string> { ["content-type"] = "application/json", ["host"] = "localhost:8080", ["x-amz-date"] = date };
        if (sendHash)
        {
            headers["x-amz-content-sha256"] = Hash(Body);
        }

        (string, string)[] signed = [.. headers.Where(header => signHost || header.Key != "host")
            .OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => (header.Key, header.Value))];
        string signature = SigV4Signature.Compute(secret, scope, date, "POST", UrlPath.EncodePath(Path), "", signed, Hash(Body));
        headers["authorization"] =
            $"AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={SigV4Signature.SignedNames(signed)}, Signature={signature}";
        return headers;
    }

    private static SigV4Result Verify(
        Dictionary<string, string> headers,
        out string id,
        byte[]? body = null,
        DateTimeOffset? now = null,
        string method = "POST",
        string path = Path,
        string query = "")
    {
        var request = new SigV4Inbound(method, path, query, name => headers.GetValueOrDefault(name));
        return SigV4Check.Verify(request, body ?? Body, _ => "secret", now ?? Now, out id);
    }

    private static string Hash(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body));
}

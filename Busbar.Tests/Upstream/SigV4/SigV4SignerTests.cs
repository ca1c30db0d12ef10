using System.Security.Cryptography;
using System.Text;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;

namespace Busbar.Tests.Upstream.SigV4;

public class SigV4SignerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 16, 0, 0, TimeSpan.FromHours(2));

    [Fact, Trait("gotcha", "T259")]
    public void A_colon_in_the_model_is_encoded_once_on_the_wire_and_twice_in_the_signature()
    {
        string wire = "/model/" + Busbar.Wire.UrlPath.EncodeSegment("anthropic.claude-3-haiku-20240307-v1:0") + "/converse";
        Assert.Equal("/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse", wire);
        Assert.Equal("/model/anthropic.claude-3-haiku-20240307-v1%253A0/converse", Busbar.Wire.UrlPath.EncodePath(wire));

        AwsCredential credential = Credential("AKIDEXAMPLE:secret");
        SigV4Headers signed = SigV4Signer.Sign(credential, "eu-west-1", "bedrock-runtime.eu-west-1.amazonaws.com", wire, Now, "{}"u8.ToArray());
        string hash = Convert.ToHexStringLower(SHA256.HashData("{}"u8));
        string expected = SigV4Signature.Compute(
            "secret",
            new SigV4Scope("20261122", "eu-west-1", "bedrock"),
            "20261122T140000Z",
            "POST",
            "/model/anthropic.claude-3-haiku-20240307-v1%253A0/converse",
            "",
            [("content-type", "application/json"), ("host", "bedrock-runtime.eu-west-1.amazonaws.com"), ("x-amz-content-sha256", hash),
                ("x-amz-date", "20261122T140000Z")],
            hash);
        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/bedrock/aws4_request, " +
                $"SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature={expected}",
            signed.Authorization);
        Assert.Equal(("20261122T140000Z", hash, (string?)null), (signed.Date, signed.ContentSha256, signed.SecurityToken));
    }

    [Fact]
    public void A_session_token_is_sent_and_signed()
    {
        SigV4Headers signed = SigV4Signer.Sign(Credential("AKID:secret:to:ken=="), "us-east-1", "h", "/p", Now);
        Assert.Equal("to:ken==", signed.SecurityToken);
        Assert.Contains("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token,", signed.Authorization,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_payload_may_come_in_any_number_of_segments()
    {
        byte[] body = Encoding.UTF8.GetBytes("{\"model\":\"m\"}");
        AwsCredential credential = Credential("AKID:secret");
        SigV4Headers whole = SigV4Signer.Sign(credential, "us-east-1", "h", "/p", Now, body);
        for (int cut = 0; cut <= body.Length; cut++)
        {
            Assert.Equal(whole, SigV4Signer.Sign(credential, "us-east-1", "h", "/p", Now, body.AsMemory(0, cut), body.AsMemory(cut)));
        }
    }

    [Theory, Trait("gotcha", "T263")]
    [InlineData("")]
    [InlineData("AKID")]
    [InlineData("AKID:")]
    [InlineData(":secret")]
    [InlineData("AKID:secret:")]
    [InlineData("AK\nID:secret")]
    [InlineData("AKID:secret:tok\r\nX-Evil: 1")]
    [InlineData("AKID:secret:tok\u00e9n")]
    [InlineData("AKID:secret:tok\0en")]
    public void A_credential_that_cannot_be_sent_is_refused_without_an_exception(string text) =>
        Assert.False(AwsCredential.TryParse(text, out _));

    [Fact]
    public void A_credential_does_not_print_its_secret() => Assert.Equal("AKID", Credential("AKID:s3cret:token").ToString());

    [Theory, Trait("gotcha", "T261")]
    [InlineData("https://bedrock-runtime.us-east-1.amazonaws.com", "bedrock-runtime.us-east-1.amazonaws.com")]
    [InlineData("https://user:pass@bedrock.example/base/path", "bedrock.example")]
    [InlineData("https://bedrock.example:443/", "bedrock.example")]
    [InlineData("https://bedrock.example:8443/x?y=z", "bedrock.example:8443")]
    [InlineData("https://Bedrock.Example", "bedrock.example")]
    [InlineData("http://[::1]:9000/", "[::1]:9000")]
    [InlineData("http://b\u00fccher.example:81/", "xn--bcher-kva.example:81")]
    public void The_signed_host_is_the_host_that_is_dialled(string address, string expected) =>
        Assert.Equal(expected, SigV4Signer.HostOf(new Uri(address)));

    [Theory, Trait("gotcha", "T261")]
    [InlineData("https://bedrock.example\\base")]
    [InlineData("https://bedrock.example\\@evil.example/")]
    public void An_address_with_a_backslash_is_signed_for_the_host_before_it_or_not_at_all(string address) =>
        Assert.True(!Uri.TryCreate(address, UriKind.Absolute, out Uri? parsed) || SigV4Signer.HostOf(parsed) == "bedrock.example");

    [Theory, Trait("gotcha", "T261")]
    [InlineData("http://bedrock.example/base")]
    [InlineData("http://user:pass@bedrock.example:80/")]
    [InlineData("http://bedrock.example:8080/base")]
    [InlineData("http://[::1]:9000/")]
    [InlineData("http://b\u00fccher.example:81/")]
    public async Task The_signed_host_is_the_host_header_that_is_sent(string address)
    {
        string? sent = null;
        using var handler = new SocketsHttpHandler();
        handler.ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new CannedConnection(request => sent = request));
        using var client = new HttpClient(handler);
        using HttpResponseMessage response = await client.GetAsync(new Uri(address));
        Assert.Contains($"\r\nHost: {SigV4Signer.HostOf(new Uri(address))}\r\n", sent, StringComparison.Ordinal);
    }

    [Theory, Trait("gotcha", "T262")]
    [InlineData("bedrock-runtime.eu-central-1.amazonaws.com", true, "eu-central-1")]
    [InlineData("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", true, "us-gov-west-1")]
    [InlineData("bedrock.ap-south-1.amazonaws.com:443", true, "ap-south-1")]
    [InlineData("bedrock-fips.us-west-2.amazonaws.com", true, "us-west-2")]
    [InlineData("vpce-1-a.bedrock-runtime.us-east-2.vpce.amazonaws.com", true, "us-east-2")]
    [InlineData("bedrock-runtime.amazonaws.com", false, "us-east-1")]
    [InlineData("bedrock-runtime.my-own-host.example", false, "us-east-1")]
    [InlineData("proxy.example", false, "us-east-1")]
    [InlineData("bedrock", false, "us-east-1")]
    public void The_region_comes_from_the_host(string host, bool known, string expected) =>
        Assert.Equal((known, expected), (AwsRegion.TryFromHost(host, out string region), region));

    private static AwsCredential Credential(string text) => AwsCredential.TryParse(text, out AwsCredential? credential) ? credential
        : throw new ArgumentException(text);
}

using Busbar.Configuration.Model.Providers;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;

namespace Busbar.Tests.Gateway.Attempts;

/// <summary>What of a client's headers goes on to a provider.</summary>
public sealed class HeaderPolicyTests
{
    [Theory]
    [InlineData("caché")]
    [InlineData("a\u0001b")]
    [InlineData("a\tb")]
    public void A_value_that_cannot_be_sent_is_left_out_so_that_no_lane_is_charged_for_it(string value)
    {
        var client = new HeaderDictionary { ["anthropic-beta"] = value, ["anthropic-version"] = "2023-06-01" };
        var upstream = new UpstreamRequest(new Uri("http://vendor.test/v1"), new SplicedBody("{}"u8.ToArray()));

        HeaderPolicy.CopyRequest(Provider(ProtocolId.Anthropic), default, client, upstream);

        Assert.Equal([new("anthropic-version", "2023-06-01")], upstream.Headers.ToArray());
    }

    [Fact]
    public void A_coding_that_nobody_asked_for_is_named_to_the_client_unless_it_cannot_be()
    {
        var client = new HeaderDictionary();
        HeaderPolicy.CopyResponse(ResponseHead.Parse("Content-Encoding: gzip\r\nSet-Cookie: a=b\r\n")!, client);
        Assert.Equal([new("Content-Encoding", "gzip")], client);

        client.Clear();
        HeaderPolicy.CopyResponse(ResponseHead.Parse("Content-Encoding: caf\u00e9\r\n")!, client);
        Assert.Empty(client);
    }

    [Fact]
    public void A_header_that_came_twice_goes_on_twice()
    {
        var client = new HeaderDictionary();
        HeaderPolicy.CopyResponse(ResponseHead.Parse("x-ratelimit-limit: 1\r\nX-RateLimit-Limit: 2\r\n")!, client);
        Assert.Equal("1,2", client["x-ratelimit-limit"].ToString());
    }

    [Theory]
    [InlineData("x-trial-endpoint-call-remaining")]
    [InlineData("x-endpoint-monthly-call-limit")]
    [InlineData("x-api-warning")]
    [InlineData("x-gemini-service-tier")]
    public void What_a_vendor_says_of_limits_and_tiers_passes(string name)
    {
        var client = new HeaderDictionary();
        HeaderPolicy.CopyResponse(ResponseHead.Parse($"{name}: 19\r\n")!, client);
        Assert.Equal("19", client[name].ToString());
    }

    [Fact]
    public void Only_listed_headers_pass()
    {
        var client = new HeaderDictionary { ["anthropic-beta"] = "x", ["cookie"] = "a=b", ["x-forwarded-for"] = "10.0.0.1", ["authorization"] =
            "Bearer t" };
        var upstream = new UpstreamRequest(new Uri("http://vendor.test/v1"), new SplicedBody("{}"u8.ToArray()));

        HeaderPolicy.CopyRequest(Provider(ProtocolId.Anthropic), default, client, upstream);

        Assert.Equal(["anthropic-beta"], upstream.Headers.ToArray().Select(header => header.Key));
    }

    [Theory]
    [InlineData(ProtocolId.Anthropic, "anthropic-workspace-id")]
    [InlineData(ProtocolId.OpenAI, "OpenAI-Organization")]
    [InlineData(ProtocolId.OpenAI, "OpenAI-Project")]
    [InlineData(ProtocolId.Responses, "OpenAI-Organization")]
    [InlineData(ProtocolId.Responses, "OpenAI-Project")]
    [InlineData(ProtocolId.Gemini, "x-goog-user-project")]
    internal void Whose_account_pays_is_for_the_client_to_say_only_with_a_credential_of_its_own(ProtocolId protocol, string header)
    {
        Assert.Empty(Sent(Provider(protocol), default, (header, "acct-1")));
        Assert.Equal([new(header, "acct-1")], Sent(Provider(protocol), Passing, (header, "acct-1")));
    }

    [Fact]
    public void An_idempotency_key_is_one_of_the_virtual_key_that_sent_it()
    {
        ProviderConfig openAI = Provider(ProtocolId.OpenAI);
        string Of(string secret) => Assert.Single(Sent(openAI, new(true, default, new KeyEntry(GovernedGateway.Key(secret), new KeyAccount())),
            ("Idempotency-Key", "abc"))).Value;

        Assert.Equal(Of("one"), Of("one"));
        Assert.NotEqual(Of("one"), Of("two"));
        Assert.DoesNotContain("abc", Of("one"));
        Assert.Equal([new("Idempotency-Key", "abc")], Sent(openAI, default, ("Idempotency-Key", "abc")));
    }

    [Fact]
    public void A_denied_beta_is_left_out_and_told_and_the_others_pass_as_they_are()
    {
        ProviderConfig denying = Provider(ProtocolId.Anthropic) with { DenyBetas = ["fast-mode", "files"] };
        var upstream = new UpstreamRequest(new Uri("http://vendor.test/v1"), new SplicedBody("{}"u8.ToArray()));

        IReadOnlyList<string> denied = HeaderPolicy.CopyRequest(
            denying, default, new HeaderDictionary { ["anthropic-beta"] = "a, fast-mode,b" }, upstream);

        Assert.Equal(["fast-mode"], denied);
        Assert.Equal([new("anthropic-beta", "a,b")], upstream.Headers.ToArray());
        Assert.Empty(Sent(denying, default, ("anthropic-beta", "files")));
        Assert.Equal([new("anthropic-beta", "a, b")], Sent(denying, default, ("anthropic-beta", "a, b")));
    }

    private static CallerIdentity Passing { get; } = new(true, new CallerCredential(true, null, CredentialCarrier.None));

    private static ProviderConfig Provider(ProtocolId protocol) => new() { Name = "p", Protocol = protocol, BaseUrl = "http://vendor.test" };

    private static KeyValuePair<string, string>[] Sent(ProviderConfig provider, CallerIdentity caller, (string Name, string Value) header)
    {
        var upstream = new UpstreamRequest(new Uri("http://vendor.test/v1"), new SplicedBody("{}"u8.ToArray()));
        HeaderPolicy.CopyRequest(provider, caller, new HeaderDictionary { [header.Name] = header.Value }, upstream);
        return upstream.Headers.ToArray();
    }
}

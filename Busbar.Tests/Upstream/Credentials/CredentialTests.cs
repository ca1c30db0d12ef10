using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Wire;

namespace Busbar.Tests.Upstream.Credentials;

/// <summary>The one header in which a credential goes up.</summary>
public sealed class CredentialTests
{
    private static readonly string[] Names = ["Authorization", "x-api-key", "x-goog-api-key", "api-key"];

    public static TheoryData<string> Protocols => [.. Enum.GetNames<ProtocolId>()];

    [Theory]
    [MemberData(nameof(Protocols))]
    [Trait("gotcha", "C106")]
    public void Whatever_a_callers_token_looks_like_it_goes_up_in_exactly_one_header(string protocol)
    {
        foreach (string token in (string[])["sk-ant-api03-x", "sk-ant-oat01-x", "sk-x", "bedrock-api-key-x", "AIzaX", "odd"])
        {
            foreach (CredentialCarrier carrier in Enum.GetValues<CredentialCarrier>().Except([CredentialCarrier.None, CredentialCarrier.Signature]))
            {
                UpstreamRequest request = Applied(protocol, null, new CallerCredential(true, new Secret(token), carrier));
                string name = Assert.Single(Names, request.Has);
                Assert.EndsWith(token, Value(request, name));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    [Trait("gotcha", "C103")]
    [Trait("gotcha", "C107")]
    public void Without_a_usable_token_there_is_no_header_and_never_the_gateways_own_key(string protocol)
    {
        foreach (Secret? token in (Secret?[])[null, new Secret(""), new Secret("line\nfeed"), new Secret("\u00e4")])
        {
            UpstreamRequest request = Applied(protocol, "own-key", new CallerCredential(true, token, CredentialCarrier.Bearer));
            Assert.DoesNotContain(Names, request.Has);
        }

        Assert.DoesNotContain(Names, Applied(protocol, "own\nkey", default).Has);
    }

    [Fact]
    public void A_callers_pair_signs_for_bedrock()
    {
        UpstreamRequest request = Applied("Bedrock", "OWN:own-secret",
            new CallerCredential(true, new Secret("AKIACALLER:secret:session"), CredentialCarrier.Bearer));

        Assert.Contains("Credential=AKIACALLER/", Value(request, "Authorization"));
        Assert.Equal("session", Value(request, "x-amz-security-token"));
    }

    private static string Value(UpstreamRequest request, string name) => Assert.Single(request.Headers.ToArray(), header => header.Key == name).Value;

    private static UpstreamRequest Applied(string protocol, string? key, CallerCredential caller)
    {
        var provider = new ProviderConfig { Name = "p", Protocol = Enum.Parse<ProtocolId>(protocol), BaseUrl =
            "https://bedrock-runtime.us-east-1.amazonaws.com" };
        var request = new UpstreamRequest(new Uri(provider.BaseUrl + "/x"), new SplicedBody("{}"u8.ToArray()));
        new Credential(provider, key is null ? null : new Secret(key)).Apply(request, caller, DateTimeOffset.UnixEpoch);
        return request;
    }

    [Theory]
    [InlineData("sk-ant-api03-x", "x-api-key: sk-ant-api03-x")]
    [InlineData("sk-ant-oat01-x", "Authorization: Bearer sk-ant-oat01-x")]
    [Trait("gotcha", "T58")]
    public void An_Anthropic_key_goes_out_in_the_one_header_its_kind_belongs_in(string key, string header)
    {
        Assert.Equal([header], Sent(ProtocolId.Anthropic, key));
        Assert.Equal([header], Sent(ProtocolId.Anthropic, "", Caller(key, CredentialCarrier.Bearer)));
        Assert.Equal([header], Sent(ProtocolId.Anthropic, "", Caller(key, CredentialCarrier.ApiKeyHeader)));
    }

    // Current wire facts 2b: passthrough repeats the carrier that the client used.
    [Theory]
    [InlineData(CredentialCarrier.Bearer, "Authorization: Bearer foreign-key")]
    [InlineData(CredentialCarrier.ApiKeyHeader, "x-api-key: foreign-key")]
    [Trait("gotcha", "T59")]
    public void A_key_of_unknown_kind_is_an_api_key_of_our_own_and_of_a_caller_what_the_caller_made_it(object sentIn, string header)
    {
        var carrier = (CredentialCarrier)sentIn;
        Assert.Equal(["x-api-key: foreign-key"], Sent(ProtocolId.Anthropic, "foreign-key"));
        Assert.Equal([header], Sent(ProtocolId.Anthropic, "own", Caller("foreign-key", carrier)));
    }

    [Theory]
    [InlineData("AIzaSyA-0123", "x-goog-api-key: AIzaSyA-0123")]
    [InlineData("AQ.Ab8RN6I", "x-goog-api-key: AQ.Ab8RN6I")]
    [InlineData("ya29.a0AfH6SM", "Authorization: Bearer ya29.a0AfH6SM")]
    public void A_Google_key_that_came_as_bearer_goes_out_as_one_and_an_OAuth_token_stays_what_it_is(string key, string header) =>
        Assert.Equal([header], Sent(ProtocolId.Gemini, "", Caller(key, CredentialCarrier.Bearer)));

    [Fact]
    [Trait("gotcha", "T60")]
    public void Space_around_an_api_key_is_not_sent() => Assert.Equal(["x-api-key: sk-ant-api03-x"], Sent(ProtocolId.Anthropic, " sk-ant-api03-x "));

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("caché")]
    [Trait("gotcha", "T46")]
    public void A_key_that_no_header_can_carry_is_not_sent_at_all(string key)
    {
        foreach (ProtocolId protocol in Enum.GetValues<ProtocolId>())
        {
            Assert.Empty(Sent(protocol, key));
            Assert.Empty(Sent(protocol, key, auth: ProviderAuth.ApiKey));
        }
    }

    [Fact]
    [Trait("gotcha", "T45")]
    public void A_caller_without_a_credential_does_not_borrow_ours()
    {
        foreach (ProtocolId protocol in Enum.GetValues<ProtocolId>())
        {
            Assert.Empty(Sent(protocol, protocol == ProtocolId.Bedrock ? "AKIDEXAMPLE:secret" : "own-key",
                new(IsPassthrough: true, null, CredentialCarrier.None)));
        }
    }

    private static CallerCredential Caller(string token, CredentialCarrier carrier) => new(IsPassthrough: true, new Secret(token), carrier);

    private static string[] Sent(ProtocolId protocol, string key, CallerCredential caller = default, ProviderAuth auth = ProviderAuth.Native)
    {
        var provider = new ProviderConfig { Name = "p", Protocol = protocol, BaseUrl = "https://vendor.test", Auth = auth };
        var request = new UpstreamRequest(new Uri("https://vendor.test/v1"), new SplicedBody("{}"u8.ToArray()));
        new Credential(provider, new Secret(key)).Apply(request, caller, DateTimeOffset.UnixEpoch);
        return [.. request.Headers.ToArray().Select(static header => $"{header.Key}: {header.Value}")];
    }
}

using Busbar.Configuration;
using Busbar.Ir;
using Busbar.Upstream;
using Busbar.Wire;

namespace Busbar.Tests.Upstream;

/// <summary>In which header a key goes out.</summary>
public sealed class CredentialTests
{
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
            Assert.Empty(Sent(protocol, protocol == ProtocolId.Bedrock ? "AKIDEXAMPLE:secret" : "own-key", new(IsPassthrough: true, null, CredentialCarrier.None)));
        }
    }

    private static CallerCredential Caller(string token, CredentialCarrier carrier) => new(IsPassthrough: true, new Secret(token), carrier);

    private static string[] Sent(ProtocolId protocol, string key, CallerCredential caller = default, ProviderAuth auth = ProviderAuth.Native)
    {
        var provider = new ProviderConfig { Name = "p", Protocol = protocol, BaseUrl = "https://vendor.test", Auth = auth };
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://vendor.test/v1");
        new Credential(provider, new Secret(key)).Apply(request, caller, new ModelSplice("{}"u8.ToArray()), DateTimeOffset.UnixEpoch);
        return [.. request.Headers.NonValidated.Select(static header => $"{header.Key}: {header.Value}")];
    }
}

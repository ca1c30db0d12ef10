using Busbar.Configuration;
using Busbar.Ir;
using Busbar.Upstream;
using Busbar.Wire;

namespace Busbar.Tests.Upstream;

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
                HttpRequestMessage request = Applied(protocol, null, new CallerCredential(true, new Secret(token), carrier));
                string name = Assert.Single(Names, request.Headers.Contains);
                Assert.EndsWith(token, Assert.Single(request.Headers.GetValues(name)));
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
            HttpRequestMessage request = Applied(protocol, "own-key", new CallerCredential(true, token, CredentialCarrier.Bearer));
            Assert.DoesNotContain(Names, request.Headers.Contains);
        }

        Assert.DoesNotContain(Names, Applied(protocol, "own\nkey", default).Headers.Contains);
    }

    [Fact]
    public void A_callers_pair_signs_for_bedrock()
    {
        HttpRequestMessage request = Applied("Bedrock", "OWN:own-secret", new CallerCredential(true, new Secret("AKIACALLER:secret:session"), CredentialCarrier.Bearer));

        Assert.Contains("Credential=AKIACALLER/", Assert.Single(request.Headers.GetValues("Authorization")));
        Assert.Equal("session", Assert.Single(request.Headers.GetValues("x-amz-security-token")));
    }

    private static HttpRequestMessage Applied(string protocol, string? key, CallerCredential caller)
    {
        var provider = new ProviderConfig { Name = "p", Protocol = Enum.Parse<ProtocolId>(protocol), BaseUrl = "https://bedrock-runtime.us-east-1.amazonaws.com" };
        var request = new HttpRequestMessage(HttpMethod.Post, provider.BaseUrl + "/x");
        new Credential(provider, key is null ? null : new Secret(key)).Apply(request, caller, new ModelSplice("{}"u8.ToArray()), DateTimeOffset.UnixEpoch);
        return request;
    }
}

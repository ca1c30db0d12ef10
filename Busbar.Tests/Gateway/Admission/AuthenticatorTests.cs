using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Gateway.Admission;
using Busbar.Ir;
using Microsoft.AspNetCore.Http;

namespace Busbar.Tests.Gateway.Admission;

public sealed class AuthenticatorTests
{
    private static readonly string[] Tokens = ["first", "the second one", "third", "f", "last-token-of-the-list"];

    // That no comparison is left out once one has succeeded cannot be seen from outside; that each place counts the same, and nothing near it, can.
    [Fact]
    [Trait("gotcha", "C90")]
    public void A_token_is_admitted_at_every_place_of_the_list_and_nothing_like_it_is()
    {
        var authenticator = new Authenticator(
            new GatewayConfig { Providers = new Dictionary<string, ProviderConfig>(), Models = new Dictionary<string, ModelConfig>(), Auth =
                new AuthConfig { Mode = AuthMode.Token, ClientTokens = [.. Tokens.Select(token => new Secret(token))] } }, keys: null,
                TimeProvider.System);

        Assert.All(Tokens, token => Assert.True(Admits(token)));
        Assert.All(
            Tokens.SelectMany(token => (string[])[token + "x", token[..^1] + "?", token.ToUpperInvariant(), token + token, "x" + token,
                string.Join(',', Tokens)]),
            token => Assert.False(Admits(token)));

        bool Admits(string token)
        {
            AdmittedToken connection = default;
            return authenticator.Authenticate(new HeaderDictionary { ["x-api-key"] = token }, "", ProtocolId.Anthropic, ref connection).Admitted;
        }
    }
}

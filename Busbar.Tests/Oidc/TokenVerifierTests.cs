using Busbar.Configuration.Model;
using Busbar.Observability.Metrics;
using Busbar.Oidc;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Oidc;

public sealed class TokenVerifierTests
{
    private static readonly JwtIssuerConfig Config = new() { Issuer = TestIssuer.Name, JwksUrl = "https://issuer.example/keys", Audiences =
        ["busbar"] };

    private readonly TestIssuer _issuer = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("""{"alg":"RS256","kid":"r1"}""")]
    [InlineData("""{"alg":"RS256","kid":"r1","typ":"at+JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"e1","typ":"JWT"}""")]
    [InlineData("""{"alg":"PS256","kid":"r1"}""")]
    [InlineData("""{"alg":"RS256","kid":"r1","jku":"https://evil.example/keys","x5u":"https://evil.example","x5c":["x"],"jwk":""" +
        """{"kty":"oct","k":"AA"}}""")]
    public async Task A_token_that_is_right_names_its_subject(string header)
    {
        (VerifiedToken? token, TokenFault fault) = await VerifyAsync(
            _issuer.Token(Claims(), header), Config with { Algorithms = ["RS256", "ES256", "PS256"] });

        Assert.Equal(TokenFault.None, fault);
        Assert.Equal("alice", token!.Subject);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds() + 3660, token.Until);
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"r1"}""", nameof(TokenFault.Unsigned))]
    [InlineData("""{"alg":"nOnE","kid":"r1"}""", nameof(TokenFault.Unsigned))]
    [InlineData("""{"alg":"HS256","kid":"r1"}""", nameof(TokenFault.Algorithm))]
    [InlineData("""{"alg":"PS256","kid":"r1"}""", nameof(TokenFault.Algorithm))]
    [InlineData("""{"alg":"ES384","kid":"e1"}""", nameof(TokenFault.Algorithm))]
    [InlineData("""{"alg":["RS256"],"kid":"r1"}""", nameof(TokenFault.Algorithm))]
    [InlineData("""{"kid":"r1"}""", nameof(TokenFault.Algorithm))]
    [InlineData("""{"alg":"ES256","kid":"r1"}""", nameof(TokenFault.UnknownKey))]
    [InlineData("""{"alg":"RS256","kid":"e1"}""", nameof(TokenFault.UnknownKey))]
    [InlineData("""{"alg":"RS256","kid":"other"}""", nameof(TokenFault.UnknownKey))]
    [InlineData("""{"alg":"RS256"}""", nameof(TokenFault.NoKid))]
    [InlineData("""{"alg":"RS256","kid":""}""", nameof(TokenFault.NoKid))]
    [InlineData("""{"alg":"RS256","kid":7}""", nameof(TokenFault.NoKid))]
    [InlineData("""{"alg":"RS256","kid":"r1","crit":["exp"],"exp":1}""", nameof(TokenFault.Extension))]
    [InlineData("""{"alg":"RS256","kid":"r1","crit":[]}""", nameof(TokenFault.Extension))]
    [InlineData("""{"alg":"RS256","kid":"r1","b64":false}""", nameof(TokenFault.Extension))]
    [InlineData("""{"alg":"RS256","kid":"r1","enc":"A256GCM"}""", nameof(TokenFault.Extension))]
    [InlineData("""{"alg":"RS256","kid":"r1","typ":"logout+jwt"}""", nameof(TokenFault.Extension))]
    [InlineData("""{"alg":"none","alg":"RS256","kid":"r1"}""", nameof(TokenFault.Malformed))]
    [InlineData("""{"alg":"RS256","kid":"r1"} """ + "x", nameof(TokenFault.Malformed))]
    [InlineData("""["RS256"]""", nameof(TokenFault.Malformed))]
    [InlineData("RS256", nameof(TokenFault.Malformed))]
    public async Task A_header_that_is_not_right_is_refused_and_the_reason_named(string header, string expected) =>
        Assert.Equal(expected, (await VerifyAsync(_issuer.Token(Claims(), header))).Fault.ToString());

    [Theory]
    [InlineData("iss", "\"https://issuer.example/\"", nameof(TokenFault.Issuer))]
    [InlineData("iss", "null", nameof(TokenFault.Issuer))]
    [InlineData("aud", "\"others\"", nameof(TokenFault.Audience))]
    [InlineData("aud", "[\"others\",7]", nameof(TokenFault.Audience))]
    [InlineData("aud", "{}", nameof(TokenFault.Audience))]
    [InlineData("aud", null, nameof(TokenFault.Audience))]
    [InlineData("exp", null, nameof(TokenFault.Claims))]
    [InlineData("exp", "\"1767229200\"", nameof(TokenFault.Claims))]
    [InlineData("exp", "1767225539", nameof(TokenFault.Expired))]
    [InlineData("exp", "-1", nameof(TokenFault.Expired))]
    [InlineData("nbf", "1767225661", nameof(TokenFault.NotYetValid))]
    [InlineData("nbf", "\"soon\"", nameof(TokenFault.Claims))]
    [InlineData("iat", "1767225661", nameof(TokenFault.NotYetValid))]
    [InlineData("sub", null, nameof(TokenFault.Claims))]
    [InlineData("sub", "\"\"", nameof(TokenFault.Claims))]
    [InlineData("sub", "7", nameof(TokenFault.Claims))]
    [InlineData("sub", "\"a\\nb\"", nameof(TokenFault.Claims))]
    public async Task Claims_that_are_not_right_are_refused_and_the_reason_named(string claim, string? value, string expected)
    {
        var claims = new Dictionary<string, string> { ["iss"] = $"\"{TestIssuer.Name}\"", ["aud"] = "[\"x\",\"busbar\"]", ["exp"] = "1767229200",
            ["sub"] = "\"alice\"" };
        Assert.Equal(TokenFault.None, (await VerifyAsync(Of(claims))).Fault);
        if (value is null)
        {
            claims.Remove(claim);
        }
        else
        {
            claims[claim] = value;
        }

        Assert.Equal(expected, (await VerifyAsync(Of(claims))).Fault.ToString());

        string Of(Dictionary<string, string> all) => _issuer.Token($"{{{string.Join(',', all.Select(each => $"\"{each.Key}\":{each.Value}"))}}}");
    }

    [Fact]
    public async Task A_claim_that_occurs_twice_is_refused() =>
        Assert.Equal(TokenFault.Malformed, (await VerifyAsync(_issuer.Token(Claims(""","sub":"admin" """)))).Fault);

    [Fact]
    public async Task A_text_that_is_changed_anywhere_is_refused()
    {
        string token = _issuer.Token(Claims());
        string[] parts = token.Split('.');
        string other = _issuer.Token(Claims(subject: "admin"));
        Assert.Equal(TokenFault.Signature, (await VerifyAsync($"{parts[0]}.{other.Split('.')[1]}.{parts[2]}")).Fault);
        Assert.Equal(TokenFault.Signature, (await VerifyAsync(token[..^2])).Fault);
        Assert.Equal(TokenFault.Unsigned, (await VerifyAsync($"{parts[0]}.{parts[1]}.")).Fault);
        foreach (string text in (string[])[token + "=", token + ".x", token.Replace('.', ' '), parts[0] + "." + parts[1], token + "\0",
            $"{parts[0]}+.{parts[1]}.{parts[2]}"])
        {
            Assert.Equal(TokenFault.Malformed, (await VerifyAsync(text)).Fault);
        }

        // Bits that belong to no byte make a second text of one value.
        string last = parts[2];
        Assert.Equal(TokenFault.Malformed, (await VerifyAsync($"{parts[0]}.{parts[1]}.{last[..^1]}{(char)(last[^1] + 1)}")).Fault);
        Assert.Equal(TokenFault.TooLong, (await VerifyAsync($"eyJ{new string('a', 1 << 20)}.a.a")).Fault);
    }

    [Fact]
    public async Task Claims_name_group_and_pools_and_those_who_have_none_are_refused()
    {
        JwtIssuerConfig mapped = Config with
        {
            GroupClaim = "realm.roles",
            Groups = new Dictionary<string, string> { ["leads"] = "org/leads", ["devs"] = "org/devs" },
            PoolsClaim = "scope",
            Pools = new Dictionary<string, string> { ["llm"] = "smart, cheap", ["best"] = "best" },
            RequiredClaims = new Dictionary<string, string> { ["hd"] = "example.com", ["verified"] = "true" },
        };
        const string Company = ""","hd":"example.com","verified":true""";
        VerifiedToken token = (await VerifyAsync(_issuer.Token(
            Claims(Company + ""","realm":{"roles":["x","devs","leads"]},"scope":"openid llm best" """)), mapped)).Token!;
        Assert.Equal("org/leads", token.Group);
        Assert.Equal(["best", "cheap", "smart"], token.Pools);

        Assert.Equal(TokenFault.Claims, (await VerifyAsync(_issuer.Token(Claims(""","hd":"example.com","realm":{"roles":"devs"},"scope":"llm" """)),
            mapped)).Fault);
        Assert.Equal(TokenFault.NoGroup, (await VerifyAsync(_issuer.Token(Claims(Company + ""","realm":{"roles":["x"]},"scope":"llm" """)), mapped))
            .Fault);
        Assert.Equal(TokenFault.NoPools, (await VerifyAsync(_issuer.Token(Claims(Company + ""","realm":{"roles":"devs"},"scope":"openid" """)),
            mapped)).Fault);
        Assert.Equal("rest", (await VerifyAsync(_issuer.Token(Claims(Company + ""","scope":"llm" """)), mapped with { DefaultGroup = "rest" }))
            .Token!.Group);
    }

    private string Claims(string more = "", string subject = "alice") => TestIssuer.Claims(_time.GetUtcNow(), more, subject);

    private async Task<(VerifiedToken? Token, TokenFault Fault)> VerifyAsync(string token, JwtIssuerConfig? config = null)
    {
        var source = new IssuerKeySource(config ?? Config, new FakeIssuerNetwork(() => _issuer.Jwks), new Metrics(), _time, NullLogger.Instance);
        return await new TokenVerifier([source], _time).VerifyAsync(token, CancellationToken.None);
    }
}

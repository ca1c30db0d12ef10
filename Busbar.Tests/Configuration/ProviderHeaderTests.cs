using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Tests.Configuration;

/// <summary>Headers, betas and tokens that an operator configures.</summary>
public sealed class ProviderHeaderTests
{
    [Fact]
    public void Headers_take_variables_and_are_never_shown()
    {
        GatewayConfig config = ConfigText.Valid(
            ConfigText.WithProvider("headers: {OpenAI-Project: '${PROJECT}'}, deny_betas: [a], routing_fields: []"),
            new FakeEnvironment(("OPENAI_KEY", "k"), ("PROJECT", "proj-canary")));

        ProviderConfig provider = config.Providers["openai"];
        Assert.Equal("proj-canary", provider.Headers["openai-project"].Reveal());
        Assert.Equal(["a"], provider.DenyBetas);
        Assert.Empty(provider.RoutingFields);
        Assert.DoesNotContain(EffectiveConfig.Values(config), value => value.Value?.ToString()?.Contains("canary", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("x-api-key")]
    [InlineData("HOST")]
    [InlineData("Content-Length")]
    [InlineData("x-amz-date")]
    [InlineData("a b")]
    public void A_header_that_is_not_the_operators_to_set_is_refused(string name)
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.WithProvider($"headers: {{'{name}': canary-value}}"));

        Assert.Equal($"providers.openai.headers.{name}", error.Path);
        Assert.DoesNotContain("canary-value", error.ToString());
    }

    [Fact]
    public void The_cheapest_member_cannot_be_told_without_prices()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.WithPool("strategy: least_cost"));

        Assert.Equal("pools.fast.strategy", error.Path);
    }

    [Fact]
    public void HTTP_2_without_TLS_is_refused()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.WithProvider(
            "http_version: 2, base_url: 'http://127.0.0.1:1', allow_private_network: true"));

        Assert.Equal("providers.openai.http_version", error.Path);
    }

    [Fact]
    public void A_client_token_may_be_an_operators()
    {
        AuthConfig auth = ConfigText.Valid(ConfigText.With(auth: "{mode: token, client_tokens: [one, {token: two, operator: true}, {token: three}]}"))
            .Auth;

        Assert.Equal(["one", "two", "three"], auth.ClientTokens.Select(token => token.Reveal()));
        Assert.Equal(["two"], auth.OperatorTokens.Select(token => token.Reveal()));
        Assert.DoesNotContain("canary", ConfigText.OnlyError(ConfigText.With(auth: "{mode: token, client_tokens: [one, {canary-secret: x}]}"))
            .ToString());
    }

    [Theory]
    [InlineData("admin_token: fifteen-letters", "governance.admin_token")]
    [InlineData("admin_token: canary-admin-token, admin_read_token: fifteen-letters", "governance.admin_read_token")]
    public void A_token_that_could_be_guessed_ends_the_start(string tokens, string path)
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.With(more: $"governance: {{enabled: true, {tokens}}}"));

        Assert.Equal(path, error.Path);
        Assert.Contains("16 characters", error.Message);
        Assert.DoesNotContain("fifteen-letters", error.ToString());
    }
}

using Busbar.Configuration;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class WarningTests
{
    [Fact]
    public void C12_a_key_variable_that_is_unset_is_a_warning_naming_provider_and_variable()
    {
        ConfigProblem warning = ConfigText.Warning(ConfigText.Minimal, "providers.openai.api_key_env", new FakeEnvironment());

        Assert.Contains("'OPENAI_KEY'", warning.Message);
        Assert.Contains("'openai'", warning.Message);
        Assert.StartsWith("[warn] ", warning.ToString());
    }

    [Fact]
    public void C107_a_key_that_no_header_can_carry_is_a_warning_that_does_not_show_it() =>
        Assert.DoesNotContain("sk-x", ConfigText.Warning(ConfigText.Minimal, "providers.openai.api_key_env",
            new FakeEnvironment(("OPENAI_KEY", "sk-x\n"))).ToString());

    [Theory]
    [InlineData("\"sk-x\"")]
    [InlineData("'sk-x'")]
    public void A_key_in_quotes_is_a_warning_that_does_not_show_it(string key)
    {
        string warning = ConfigText.Warning(ConfigText.Minimal, "providers.openai.api_key_env", new FakeEnvironment(("OPENAI_KEY", key))).ToString();

        Assert.Contains("in quotes", warning);
        Assert.DoesNotContain("sk-x", warning);
    }

    [Fact]
    public void C10_an_open_relay_is_announced_differently_when_chosen_and_when_forgotten()
    {
        string chosen = ConfigText.Warning(ConfigText.With(auth: "{mode: none}"), "auth").Message;
        string forgotten = ConfigText.Warning(ConfigText.With(auth: ""), "auth").Message;

        Assert.Contains("OPEN RELAY", chosen);
        Assert.Contains("OPEN RELAY", forgotten);
        Assert.NotEqual(chosen, forgotten);
    }

    [Theory]
    [InlineData("{mode: token, client_tokens: [t]}")]
    [InlineData("{mode: passthrough}")]
    public void C11_no_open_relay_is_announced_when_callers_are_checked(string auth) =>
        Assert.DoesNotContain(ConfigText.Load(ConfigText.With(auth: auth)).Warnings, warning => warning.Message.Contains("OPEN RELAY"));

    [Fact]
    [Trait("gotcha", "C31")]
    public void C31_a_legacy_token_alone_becomes_the_only_token() =>
        Assert.Equal("old", Assert.Single(ConfigText.Valid(ConfigText.With(auth: "{mode: token, token: old}")).Auth.ClientTokens).Reveal());

    [Fact]
    [Trait("gotcha", "C32")]
    public void C32_a_legacy_token_beside_a_list_is_dropped_with_a_warning()
    {
        string yaml = ConfigText.With(auth: "{mode: token, token: old-secret, client_tokens: [new-secret]}");

        Assert.Equal("new-secret", Assert.Single(ConfigText.Valid(yaml).Auth.ClientTokens).Reveal());
        Assert.DoesNotContain("secret", ConfigText.Warning(yaml, "auth.token").ToString());
    }

    [Fact]
    [Trait("gotcha", "C33")]
    public void C33_an_inline_key_is_ignored_and_warned_about_without_showing_it()
    {
        string yaml = ConfigText.WithProvider("api_key: sk-inline");

        Assert.Equal("sk-test", ConfigText.Valid(yaml).Providers["openai"].ApiKeys[0].Reveal());
        Assert.DoesNotContain("sk-inline", ConfigText.Warning(yaml, "providers.openai.api_key").ToString());
    }

    [Fact]
    public void Tokens_without_mode_token_are_announced_as_inert() =>
        ConfigText.Warning(ConfigText.With(auth: "{mode: none, client_tokens: [t]}"), "auth.client_tokens");

    [Fact]
    public void Passthrough_with_a_key_is_a_warning_and_without_one_is_not()
    {
        string yaml = ConfigText.With(auth: "{mode: passthrough}");

        ConfigText.Warning(yaml, "providers.openai.api_key_env");
        Assert.Empty(ConfigText.Load(yaml, new FakeEnvironment(("OPENAI_KEY", " "))).Problems);
    }

    [Fact]
    [Trait("gotcha", "C57")]
    public void C57_a_pool_of_several_protocols_is_a_warning_with_their_sorted_names()
    {
        string yaml = ConfigText.With(
            providers: "{openai: {api_key_env: OPENAI_KEY}, anthropic: {api_key_env: OPENAI_KEY}}",
            models: "{a: {provider: openai, max_concurrent: 1}, b: {provider: anthropic, max_concurrent: 1}}",
            pools: "{mix: {members: [{target: a}, {target: b}]}}");

        Assert.Contains("anthropic, openai", ConfigText.Warning(yaml, "pools.mix").Message);
    }

    [Theory]
    [InlineData("{mode: none}")]
    [InlineData("{mode: token, client_tokens: [t]}")]
    public void C102_governance_over_another_mode_is_one_warning_and_no_open_relay(string auth)
    {
        string yaml = ConfigText.With(auth: auth, more: "governance: {enabled: true, admin_token: canary-admin-token}");

        Assert.Contains("virtual key", ConfigText.Warning(yaml, "governance.enabled").Message);
        Assert.DoesNotContain(ConfigText.Load(yaml).Warnings, warning => warning.Path == "auth");
    }

    [Fact]
    public void A_clean_configuration_warns_of_nothing() => Assert.Empty(ConfigText.Load(ConfigText.Minimal).Problems);

    [Fact]
    public void The_summary_has_a_line_for_each_model_and_pool()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            models: "{a: {provider: openai, max_concurrent: 3}, b: {provider: openai, max_concurrent: 4}}",
            pools: "{p: {members: [{target: a, weight: 2}, {target: b}]}}"));

        Assert.Equal(
            ["model a via openai (https://api.openai.com) max 3", "model b via openai (https://api.openai.com) max 4", "pool p: a x2, b; max 7"],
            StartupSummary.Lines(config));
    }
}

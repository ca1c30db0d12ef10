using Busbar.Configuration;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class InterpolationTests
{
    [Fact]
    [Trait("gotcha", "C17")]
    public void C17_several_variables_in_one_scalar_are_put_in()
    {
        GatewayConfig config = ConfigText.Valid(
            ConfigText.WithModel("upstream_model: '${A}-${B}'"), new FakeEnvironment(("OPENAI_KEY", "k"), ("A", "gpt"), ("B", "9")));

        Assert.Equal("gpt-9", config.Models["small"].UpstreamModel);
    }

    [Theory]
    [InlineData("${MISSING}", "MISSING")]
    [InlineData("${}", "no name")]
    [InlineData("${OPENAI_KEY", "no closing")]
    [InlineData("${ OPENAI_KEY }", " OPENAI_KEY ")]
    [InlineData("${A:-b}", "A:-b")]
    [Trait("gotcha", "C18")]
    [Trait("gotcha", "C19")]
    [Trait("gotcha", "C20")]
    public void C18_to_C20_a_reference_that_cannot_be_resolved_is_an_error_that_names_it(string text, string named)
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.WithModel($"upstream_model: '{text}'"));

        Assert.Equal("models.small.upstream_model", error.Path);
        Assert.Contains(named, error.Message);
    }

    [Theory]
    [InlineData("$")]
    [InlineData("$NAME")]
    [InlineData("a$b}c")]
    [InlineData("{x}")]
    public void Anything_but_dollar_brace_is_plain_text(string text) =>
        Assert.Equal(text, ConfigText.Valid(ConfigText.WithModel($"upstream_model: '{text}'")).Models["small"].UpstreamModel);

    [Theory]
    [InlineData('\n')]
    [InlineData('\r')]
    [InlineData('\t')]
    [InlineData('\0')]
    [InlineData('\u007F')]
    [InlineData('\u0085')]
    [InlineData('\u009F')]
    [InlineData('\u2028')]
    [InlineData('\u2029')]
    [Trait("gotcha", "C21")]
    public void C21_a_variable_with_a_control_character_is_refused_without_showing_it(char control)
    {
        ConfigProblem error = ConfigText.OnlyError(
            ConfigText.WithModel("upstream_model: '${BAD}'"), new FakeEnvironment(("OPENAI_KEY", "k"), ("BAD", $"sec{control}ret")));

        Assert.Contains("'BAD'", error.Message);
        Assert.Contains($"U+{(int)control:X4}", error.Message);
        Assert.DoesNotContain("sec", error.ToString());
    }

    [Theory]
    [InlineData("a\"b'c")]
    [InlineData("a # b: c")]
    [InlineData("- {x: [y]}")]
    [InlineData("${OPENAI_KEY}")]
    [Trait("gotcha", "C22")]
    [Trait("gotcha", "C23")]
    [Trait("gotcha", "C24")]
    public void C22_to_C24_a_value_arrives_unchanged_and_cannot_widen_the_structure(string value)
    {
        FakeEnvironment environment = new(("OPENAI_KEY", "k"), ("TOKEN", value));
        GatewayConfig config = ConfigText.Valid(ConfigText.With(auth: "{mode: token, client_tokens: ['${TOKEN}']}"), environment);

        Assert.Equal(value, Assert.Single(config.Auth.ClientTokens).Reveal());
    }

    [Fact]
    [Trait("gotcha", "C25")]
    public void C25_a_placeholder_in_a_comment_is_inert() =>
        ConfigText.Valid("# ${NEVER_SET} and ${\n" + ConfigText.Minimal);

    [Fact]
    [Trait("gotcha", "C27")]
    public void C27_an_empty_variable_gives_an_empty_text_and_later_rules_judge_it() =>
        Assert.Contains("blank", ConfigText.OnlyError(
            ConfigText.WithModel("upstream_model: '${EMPTY}'"), new FakeEnvironment(("OPENAI_KEY", "k"), ("EMPTY", ""))).Message);

    [Fact]
    public void Numbers_and_switches_made_from_variables_convert()
    {
        FakeEnvironment environment = new(("OPENAI_KEY", "k"), ("N", "12"), ("T", "0.25"), ("B", "true"));
        GatewayConfig config = ConfigText.Valid(
            ConfigText.With(
                models: "{small: {provider: openai, max_concurrent: '${N}', capabilities: {prefill: '${B}'}}}",
                pools: "{fast: {members: [{target: small, weight: '${N}'}], breaker: {trip: {threshold: '${T}'}}}}"),
            environment);

        Assert.Equal(12, config.Models["small"].MaxConcurrent);
        Assert.True(config.Models["small"].Capabilities["prefill"]);
        Assert.Equal(0.25, config.Pools["fast"].Breaker.Threshold);
    }

    [Theory]
    [InlineData("auth: {mode: token, client_tokens: ['${UNSET}']}", "auth.client_tokens[0]")]
    [InlineData("auth: {mode: token, client_tokens: [t]}\ngovernance: {enabled: true, admin_token: '${UNSET}'}", "governance.admin_token")]
    public void C18_an_unset_variable_in_a_secret_is_one_error_without_consequences(string blocks, string path)
    {
        ConfigProblem error = ConfigText.OnlyError(
            blocks + "\nproviders: {openai: {api_key_env: OPENAI_KEY}}\nmodels: {small: {provider: openai, max_concurrent: 1}}");

        Assert.Equal(path, error.Path);
        Assert.Contains("UNSET", error.Message);
    }

    [Fact]
    public void A_variable_in_a_key_is_not_put_in() =>
        Assert.Contains("'${OPENAI_KEY}'", ConfigText.OnlyError(ConfigText.With(more: "\"${OPENAI_KEY}\": 1")).Message);
}

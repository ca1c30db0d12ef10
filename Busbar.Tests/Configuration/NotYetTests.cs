using Busbar.Configuration;

namespace Busbar.Tests.Configuration;

public sealed class NotYetTests
{
    [Fact]
    public void A_plain_configuration_asks_for_nothing_that_is_missing() => Assert.NotNull(ConfigText.LoadAsShipped(ConfigText.Minimal).Config);

    [Fact]
    public void Settings_of_a_missing_feature_that_switch_it_off_are_accepted() =>
        Assert.NotNull(ConfigText.LoadAsShipped(ConfigText.With(
            more: "governance: {enabled: false}")).Config);

    [Fact]
    public void Every_use_of_a_missing_feature_is_refused_at_its_key_and_never_ignored()
    {
        ConfigResult result = ConfigText.LoadAsShipped(ConfigText.With(
            models: "{small: {provider: openai, max_concurrent: 4, rate_card: {input: 1, output: 1}}}",
            more: """
                governance: {enabled: true, admin_token: a}
                observability: {otlp_endpoint: "http://localhost:4318", request_log_webhook_url: "https://example.com"}
                """));

        List<ConfigProblem> errors = [.. result.Errors];
        Assert.Equal(NotYet.Features.Count, errors.Count);
        Assert.All(errors, error => Assert.Contains("not available in this version", error.Message));
        Assert.All(errors, error => Assert.True(error.Location!.Value.Line > 0));
    }
}

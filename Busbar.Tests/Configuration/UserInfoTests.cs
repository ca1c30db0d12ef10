using Busbar.Configuration;
using Busbar.Configuration.Guards;

namespace Busbar.Tests.Configuration;

/// <summary>Credentials in addresses, wherever a configuration has them.</summary>
public sealed class UserInfoTests
{
    [Theory]
    [InlineData("https://us:pass@example.com/x", "https://***@example.com/x")]
    [InlineData("https://us:pa/ss@example.com", "https://***@example.com")]
    [InlineData("https://us:pa ss@example.com", "https://***@example.com")]
    [InlineData("https://us:p@ss@example.com", "https://***@example.com")]
    [InlineData("https://us:pa'ss@example.com", "https://***@example.com")]
    [InlineData("https://pass@example.com", "https://***@example.com")]
    [InlineData("//us:pass@example.com", "//***@example.com")]
    [InlineData("us:pass@example.com:80", "***@example.com:80")]
    [InlineData("model@20240229", "model@20240229")]
    [InlineData("somebody@example.com", "somebody@example.com")]
    [InlineData("https://example.com/publishers/model@2024", "https://example.com/publishers/model@2024")]
    [InlineData("@", "@")]
    [InlineData("//@", "//@")]
    [InlineData("", "")]
    public void A_value_is_shown_without_them(string value, string shown) => Assert.Equal(shown, UserInfo.Hide(value));

    [Theory]
    [InlineData("'https://us:pass@example.com/x' is refused: no", "'https://***@example.com/x' is refused: no")]
    [InlineData("'us:pass@example.com' and 'https://u:pa ss@a' are no addresses", "'***@example.com' and 'https://***@a' are no addresses")]
    [InlineData("'us:pa ss@x' is no address", "'***@x' is no address")]
    [InlineData("note: ask somebody@example.com", "note: ask somebody@example.com")]
    [InlineData("one \"us:pass@x\" here", "one \"***@x\" here")]
    public void A_sentence_is_shown_without_them(string sentence, string shown) => Assert.Equal(shown, UserInfo.HideIn(sentence));

    [Theory]
    [InlineData("https://us:planted-pass@example.com/x")]
    [InlineData("us:planted-pass@10.0.0.1:80")]
    [InlineData("us:planted-pass@")]
    [InlineData("://us:planted-pass @h")]
    [Trait("gotcha", "C108")]
    public void No_error_about_a_setting_of_any_kind_shows_them(string value)
    {
        string quoted = $"'{value}'";
        int problems = 0;
        foreach (string text in (string[])
        [
            ConfigText.With(more: $"listen: {quoted}"),
            ConfigText.With(more: $"limits: {{ shutdown_drain_secs: {quoted} }}"),
            ConfigText.With(more: $"observability: {{ log_format: {quoted} }}"),
            ConfigText.With(more: $"observability: {{ otlp_endpoint: {quoted}, request_log_webhook_url: {quoted} }}"),
            ConfigText.With(more: $"governance: {{ enabled: {quoted}, admin_token: canary-admin-token }}"),
            ConfigText.With(
                more: $"governance: {{ enabled: true, admin_token: canary-admin-token, admin_listen: {quoted}, on_store_error: {quoted} }}"),
            ConfigText.With(auth: $"{{ mode: {quoted} }}"),
            ConfigText.WithProvider($"base_url: {quoted}, protocol: {quoted}"),
            ConfigText.WithProvider($"base_url: 'https://example.com', path: {quoted}"),
            ConfigText.WithProvider($"error_map: {{ 'x': {quoted} }}"),
            ConfigText.WithModel($"provider: {quoted}"),
            ConfigText.WithModel($"context_max: {quoted}"),
            ConfigText.WithPool($"commit: {quoted}"),
            ConfigText.With(pools: $"{{fast: {{members: [{{target: {quoted}}}]}}}}"),
            ConfigText.WithPool($"on_exhausted: {quoted}, affinity: {{ mode: header, header_name: {quoted} }}"),
            ConfigText.WithPool($"failover: {{ exclusions: [{quoted}], cap: {quoted} }}"),
        ])
        {
            ConfigResult result = ConfigText.Load(text);

            Assert.All(result.Problems, problem => Assert.DoesNotContain("planted", problem.ToString()));
            problems += result.Problems.Count;
        }

        Assert.True(problems > 12, $"only {problems} were shown");
    }
}

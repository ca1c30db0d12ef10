using Busbar.Configuration;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class SecrecyTests
{
    private static readonly string[] Planted = ["planted-key", "planted-token", "planted-admin-token", "planted-read-token", "planted-pass",
        "planted-inline", "planted-old"];

    [Fact]
    [Trait("gotcha", "C108")]
    public void C108_no_formatted_object_and_no_message_shows_a_secret()
    {
        FakeEnvironment environment = new(("OPENAI_KEY", "planted-key"), ("TOKEN", "planted-token"));
        const string Auth = "{mode: token, client_tokens: ['${TOKEN}', planted-token], token: planted-old}";
        const string Providers = "{openai: {api_key_env: OPENAI_KEY, api_key: planted-inline}}";
        const string More = """
            governance: {enabled: true, admin_token: planted-admin-token, admin_read_token: planted-read-token}
            observability: {otlp_endpoint: "http://u:planted-pass@localhost:4318", request_log_webhook_url: "https://u:planted-pass@10.0.0.1/"}
            """;
        ConfigResult valid = ConfigText.Load(ConfigText.With(Auth, Providers, more: More), environment);
        ConfigResult broken = ConfigText.Load(
            ConfigText.With(
                "{mode: planted, client_tokens: {a: planted-token}, token: [planted-old]}",
                "{openai: {api_key_env: planted-key, api_key: {a: planted-inline}, base_url: 'https://u:planted-pass@example.com'}}",
                more: "governance: {enabled: true, admin_token: [planted-admin-token]}"),
            environment);

        Assert.NotNull(valid.Config);
        GatewayConfig config = valid.Config;
        List<string> texts =
        [
            config.ToString(), config.Auth.ToString(), config.Governance.ToString(), config.Observability.ToString(),
            .. config.Providers.Values.Select(provider => provider.ToString()),
            .. config.Auth.ClientTokens.Select(token => token.ToString()), .. config.Providers["openai"].ApiKeys.Select(key => $"{key}"),
            .. StartupSummary.Lines(config), .. valid.Problems.Select(problem => problem.ToString()),
            .. broken.Problems.Select(problem => problem.ToString()),
        ];
        foreach (string text in texts)
        {
            Assert.All(Planted, secret => Assert.DoesNotContain(secret, text));
        }

        Assert.Contains(valid.Warnings, warning => warning.Message.Contains("https://***@10.0.0.1/"));
    }
}

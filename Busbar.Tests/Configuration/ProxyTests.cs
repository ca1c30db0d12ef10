using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Tests.Configuration;

/// <summary>Which proxy leads to whom.</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData("HTTPS_PROXY=http://proxy.corp:3128", "", "http://proxy.corp:3128 HTTPS_PROXY")]
    [InlineData("https_proxy=proxy.corp:3128 HTTPS_PROXY=http://other:1", "", "http://proxy.corp:3128 HTTPS_PROXY")]
    [InlineData("ALL_PROXY=http://proxy.corp", "", "http://proxy.corp:80 ALL_PROXY")]
    [InlineData("HTTP_PROXY=http://proxy.corp:3128", "", null)]
    [InlineData("HTTPS_PROXY=http://proxy.corp:3128 NO_PROXY=openai.com", "", null)]
    [InlineData("HTTPS_PROXY=http://proxy.corp:3128", "proxy: none", null)]
    [InlineData("HTTPS_PROXY=http://proxy.corp:3128 NO_PROXY=*", "proxy: \"http://10.0.0.9:8888\"", "http://10.0.0.9:8888 proxy")]
    [InlineData("HTTPS_PROXY=http://proxy.corp:3128", "base_url: \"https://10.0.0.5\", allow_private_network: true", null)]
    [InlineData("", "base_url: \"https://10.0.0.5\", allow_private_network: true, proxy: \"http://[fd00::1]:3128\"", "http://[fd00::1]:3128 proxy")]
    [InlineData("HTTPS_PROXY=", "", null)]
    public void A_provider_is_called_through_its_own_proxy_else_that_of_the_environment(string variables, string settings, string? expected)
    {
        var environment = new FakeEnvironment([("OPENAI_KEY", "sk"),
            .. variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))]);

        ProxyConfig? proxy = ConfigText.Valid(ConfigText.WithProvider(settings), environment).Providers["openai"].Proxy;

        Assert.Equal(expected, proxy is null ? null : $"{proxy.Address} {proxy.Source}");
        Assert.Null(proxy?.Authorization);
    }

    [Fact]
    public void Credentials_are_basic_and_never_shown()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.WithProvider("proxy: \"http://us%40er:p%3Ass@proxy.corp:3128\""));

        Assert.Equal("Basic " + Convert.ToBase64String("us@er:p:ss"u8), config.Providers["openai"].Proxy!.Authorization!.Reveal());
        Assert.Contains("through http://proxy.corp:3128, from proxy", string.Join('\n', StartupSummary.Lines(config)));
        Assert.DoesNotContain("er:", string.Join('\n', StartupSummary.Lines(config)));
    }

    [Theory]
    [InlineData("https://proxy.corp:3128", "https://")]
    [InlineData("socks5://proxy.corp", "socks5://")]
    [InlineData("http://proxy.corp/path", "not the address")]
    [InlineData("http://", "not the address")]
    public void What_is_no_proxy_is_an_error_that_shows_no_credentials(string proxy, string said)
    {
        ConfigProblem problem = ConfigText.OnlyError(ConfigText.WithProvider(
            $"proxy: \"{proxy.Replace("://", "://user:canary@", StringComparison.Ordinal)}\""));

        Assert.Equal("providers.openai.proxy", problem.Path);
        Assert.Contains(said, problem.ToString());
        Assert.DoesNotContain("canary", problem.ToString());
        Assert.Contains("HTTPS_PROXY", ConfigText.OnlyError(ConfigText.Minimal, new FakeEnvironment(("OPENAI_KEY", "sk"), ("HTTPS_PROXY", proxy)))
            .ToString());
    }

    [Fact]
    public void Collector_and_webhook_have_proxies_too()
    {
        ObservabilityConfig sinks = ConfigText.Valid(
            ConfigText.With(more: """
                observability:
                  otlp_endpoint: https://collector.example.com
                  request_log_webhook_url: https://logs.example.com/hook
                  request_log_webhook: { proxy: none }
                """),
            new FakeEnvironment(("OPENAI_KEY", "sk"), ("ALL_PROXY", "http://proxy.corp:3128"))).Observability;

        Assert.Equal(("http://proxy.corp:3128", null), (sinks.Otlp.Proxy?.Address, sinks.RequestLogWebhook.Proxy?.Address));
    }

    [Theory]
    [InlineData("*", "api.openai.com", true)]
    [InlineData("openai.com", "api.openai.com", true)]
    [InlineData(".openai.com,x", "api.openai.com", true)]
    [InlineData("*.openai.com", "api.openai.com", true)]
    [InlineData("API.OpenAI.com", "api.openai.com", true)]
    [InlineData("api.openai.com:443", "api.openai.com", true)]
    [InlineData("api.openai.com:80", "api.openai.com", false)]
    [InlineData("penai.com", "api.openai.com", false)]
    [InlineData("a b  c, 10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3:443", "10.1.2.3", true)]
    [InlineData("10.1.2.3:444", "10.1.2.3", false)]
    [InlineData("[fd00::1]", "fd00::1", true)]
    [InlineData("fd00::/8", "fd00::1", true)]
    [InlineData("10.0.0.0/8", "api.openai.com", false)]
    [InlineData(". , *.", "api.openai.com", false)]
    [InlineData("", "api.openai.com", false)]
    [InlineData(null, "api.openai.com", false)]
    public void Exceptions_are_read_as_other_programs_read_them(string? list, string host, bool covered) =>
        Assert.Equal(covered, ProxyExceptions.Cover(list, host, 443));
}

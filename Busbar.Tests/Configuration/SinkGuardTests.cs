using System.Text;
using Busbar.Configuration;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class SinkGuardTests
{
    [Theory]
    [InlineData("http://example.com/hook", false)]
    [InlineData("https://example.com/hook", true)]
    [InlineData("HTTPS://example.com/hook", true)]
    [InlineData("HTTPS://10.0.0.1/hook", false)]
    [InlineData("https://localhost/hook", false)]
    [InlineData("https://127.0.0.1/hook", false)]
    [InlineData("https://10.0.0.5./hook", false)]
    [InlineData("https://2130706433/hook", false)]
    [InlineData("https://255.255.255.255", false)]
    [InlineData("https://[::ffff:10.0.0.1]/", false)]
    [InlineData("https://[::ffff:8.8.8.8]/", true)]
    [InlineData("https://metadata.google.internal/", false)]
    [InlineData("https://metadata.google.internal.example.com/", true)]
    [InlineData("not a url", false)]
    [InlineData("", false)]
    [Trait("gotcha", "C79")]
    [Trait("gotcha", "C83")]
    public void C79_C83_a_webhook_is_https_to_a_public_host_in_any_case_of_letters(string url, bool accepted) =>
        Assert.Equal(accepted, SinkGuard.Webhook(url).Refusal is null);

    [Theory]
    [InlineData("http://10.0.0.5:4318", true)]
    [InlineData("https://10.0.0.5", true)]
    [InlineData("http://[fd00::5]:4318", true)]
    [InlineData("http://collector.internal:4318", true)]
    [InlineData("http://localhost/hook", true)]
    [InlineData("http://8.8.8.8/hook", false)]
    [InlineData("https://169.254.169.254/", false)]
    [InlineData("http://metadata.google.internal/", false)]
    public void With_leave_a_sink_may_be_in_a_private_network_over_http_too(string url, bool accepted)
    {
        Assert.Equal(accepted, SinkGuard.Webhook(url, allowPrivate: true).Refusal is null);
        Assert.Equal(accepted, SinkGuard.Otlp(url, allowPrivate: true).Refusal is null);
    }

    [Theory]
    [InlineData("http://collector.internal", AddressKind.Public, true, false)]
    [InlineData("http://collector.internal", AddressKind.Private, true, true)]
    [InlineData("https://collector.internal", AddressKind.Public, true, true)]
    [InlineData("https://collector.internal", AddressKind.Private, false, false)]
    [InlineData("https://collector.internal", AddressKind.Forbidden, true, false)]
    public void What_a_name_resolves_to_is_judged_again_when_the_connection_is_made(string url, object kind, bool allowPrivate, bool allowed) =>
        Assert.Equal(allowed, SinkGuard.Allows(new Uri(url), (AddressKind)kind, allowPrivate));

    [Fact]
    public void Headers_of_a_sink_reach_it_and_are_never_shown()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            more: "observability: { otlp_endpoint: \"http://10.0.0.5:4318\", otlp: { allow_private_network: true, headers: { api-key: canary-value " +
            "}, metrics_interval_secs: 60 } }"));

        Assert.Equal("canary-value", config.Observability.Otlp.Headers["Api-Key"].Reveal());
        Assert.Equal(60, config.Observability.OtlpMetricsIntervalSecs);
        Assert.DoesNotContain(EffectiveConfig.Values(config), value => $"{value.Value}".Contains("canary-value", StringComparison.Ordinal));
        Assert.Contains(("observability.otlp.headers.api-key", (object?)SecretPresence.Present), EffectiveConfig.Values(config));
        Assert.DoesNotContain("canary", ConfigText.OnlyError(ConfigText.With(more: "observability: { otlp: { headers: { host: canary } } }"))
            .ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_port_of_grpc_is_noticed() =>
        Assert.Contains("4318", ConfigText.Warning(ConfigText.With(more: "observability: { otlp_endpoint: \"http://localhost:4317\" }"),
            "observability.otlp_endpoint").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://localhost:4318", true)]
    [InlineData("HTTP://LOCALHOST.:4318", true)]
    [InlineData("http://otel.localhost", true)]
    [InlineData("http://127.0.0.1:4318/v1/traces", true)]
    [InlineData("http://[::1]:4318", true)]
    [InlineData("http://[::ffff:127.0.0.1]:4318", true)]
    [InlineData("http://2130706433:4318", true)]
    [InlineData("http://0x7f000001", true)]
    [InlineData("http://017700000001", true)]
    [InlineData("http://127.1", true)]
    [InlineData("http://2852039166", false)]
    [InlineData("http://collector.example.com", false)]
    [InlineData("https://collector.example.com", true)]
    [InlineData("https://10.0.0.5", false)]
    [InlineData("https://100.64.0.1", false)]
    [InlineData("https://100.128.0.1", true)]
    [InlineData("https://0.0.0.0", false)]
    [InlineData("https://169.254.169.254", false)]
    [InlineData("https://3232235521", false)]
    [InlineData("https://134744072", false)]
    [InlineData("grpc://localhost:4317", false)]
    [InlineData("https://", false)]
    [Trait("gotcha", "C80")]
    [Trait("gotcha", "C81")]
    public void C80_C81_a_collector_may_be_on_this_machine_in_any_spelling_and_else_must_be_public_https(string url, bool accepted) =>
        Assert.Equal(accepted, SinkGuard.Otlp(url).Refusal is null);

    [Theory]
    [InlineData("https://us%3Aer:p%40ss@example.com/x", "us:er:p@ss")]
    [InlineData("https://user@example.com/x", "user:")]
    [InlineData("https://a@b:c@example.com/x", "a@b:c")]
    public void C82_credentials_leave_the_address_and_become_basic_authorization(string url, string pair)
    {
        foreach (SinkEndpoint sink in (SinkEndpoint[])[SinkGuard.Otlp(url), SinkGuard.Webhook(url)])
        {
            Assert.Equal("https://example.com/x", sink.Url);
            Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)), sink.Authorization!.Reveal());
            Assert.DoesNotContain("Basic", sink.ToString());
        }

        Assert.Equal("https://***@example.com/x", SinkGuard.Mask(url));
    }

    [Fact]
    [Trait("gotcha", "C79")]
    public void C79_a_refused_sink_is_switched_off_with_a_warning_and_the_process_may_run()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            more: "observability: {request_log_webhook_url: 'http://example.com', otlp_endpoint: 'http://example.com'}"));

        Assert.Null(config.Observability.RequestLogWebhookUrl);
        Assert.Null(config.Observability.OtlpEndpoint);
    }
}

using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class ObservabilityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.25", 0.25)]
    [InlineData("1", 1)]
    public void The_share_of_traces_is_a_number_from_0_to_1(string written, double ratio)
        => Assert.Equal(ratio, Valid($"otlp_sample_ratio: {written}").OtlpSampleRatio);

    [Theory]
    [InlineData("-0.1")]
    [InlineData("1.01")]
    [InlineData(".nan")]
    [InlineData(".inf")]
    [InlineData("half")]
    public void Any_other_share_is_an_error_at_its_key(string written) =>
        Assert.Equal("observability.otlp_sample_ratio", ConfigText.OnlyError(
            ConfigText.With(more: $"observability: {{otlp_sample_ratio: {written}}}")).Path);

    [Fact]
    public void Everything_is_recorded_and_logged_as_text_unless_said_otherwise()
    {
        ObservabilityConfig config = Valid("");

        Assert.Equal((1, LogFormat.Text), (config.OtlpSampleRatio, config.LogFormat));
        Assert.Equal(LogFormat.Json, Valid("log_format: json").LogFormat);
    }

    [Fact]
    public void An_unknown_form_of_the_log_is_an_error_that_names_the_known_ones() =>
        Assert.Contains("text, json", ConfigText.OnlyError(ConfigText.With(more: "observability: {log_format: xml}")).Remedy);

    [Theory]
    [InlineData("otlp_endpoint: \"http://collector.example.com\"")]
    [InlineData("request_log_webhook_url: \"http://example.com\"")]
    public void A_sink_that_is_refused_is_off_and_the_start_goes_on(string settings)
    {
        ObservabilityConfig config = Valid(settings);

        Assert.Null(config.OtlpEndpoint);
        Assert.Null(config.RequestLogWebhookUrl);
    }

    private static ObservabilityConfig Valid(string settings) => ConfigText.Valid(ConfigText.With(more: $"observability: {{{settings}}}"))
        .Observability;
}

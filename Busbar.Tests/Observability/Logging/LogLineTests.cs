using System.Text.Json;
using Busbar.Configuration.Model;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Observability.Logging;

public sealed partial class LogLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public async Task A_json_line_has_time_level_and_words_and_the_values_under_their_own_names_and_types()
    {
        JsonElement line = JsonDocument.Parse(await LoggedAsync(LogFormat.Json, log => Happened(log, "req_1", 429, Outcome.Exhausted, null)))
            .RootElement;

        Assert.Equal(["ts", "level", "logger", "message", "request_id", "status", "outcome", "lane_name"],
            line.EnumerateObject().Select(member => member.Name));
        Assert.Equal("2026-01-02T03:04:05.006Z", line.GetProperty("ts").GetString());
        Assert.Equal("warn", line.GetProperty("level").GetString());
        Assert.Equal("request req_1 ended with 429 Exhausted (null)", line.GetProperty("message").GetString());
        Assert.Equal("req_1", line.GetProperty("request_id").GetString());
        Assert.Equal(429, line.GetProperty("status").GetInt32());
        Assert.Equal("Exhausted", line.GetProperty("outcome").GetString());
        Assert.Equal(JsonValueKind.Null, line.GetProperty("lane_name").ValueKind);
    }

    [Fact]
    public async Task A_text_line_has_the_same_words() =>
        Assert.Equal(
            "2026-01-02T03:04:05.006Z warn  busbar: request req_1 ended with 429 Exhausted m0",
            await LoggedAsync(LogFormat.Text, log => Happened(log, "req_1", 429, Outcome.Exhausted, "m0")));

    [Theory]
    [InlineData("a\"b\\c")]
    [InlineData("a\nb\r\u2028c")]
    [InlineData("\ud800 alone")]
    public async Task Whatever_a_value_holds_a_json_line_stays_one_line_and_one_object(string value)
    {
        string text = await LoggedAsync(LogFormat.Json, log => Happened(log, value, 1, Outcome.Ok, value));

        Assert.DoesNotContain('\n', text);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(text).RootElement.ValueKind);
    }

    [Theory]
    [InlineData("[error] listen: taken", "error", "listen: taken")]
    [InlineData("[warn] pools.x: odd", "warn", "pools.x: odd")]
    [InlineData("model m via p", "info", "model m via p")]
    public void What_a_start_says_becomes_json_lines_too(string said, string level, string message)
    {
        var output = new StringWriter();
        using var lines = new JsonLines(output, new FakeTimeProvider(Now));
        lines.WriteLine(said);

        JsonElement line = JsonDocument.Parse(output.ToString()).RootElement;
        Assert.Equal((level, message), (line.GetProperty("level").GetString(), line.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData(null, LogFormat.Json, LogFormat.Json)]
    [InlineData("nonsense", LogFormat.Text, LogFormat.Text)]
    [InlineData("JSON", LogFormat.Text, LogFormat.Json)]
    [InlineData("text", LogFormat.Json, LogFormat.Text)]
    public void The_variable_overrides_the_configuration(string? variable, object configured, object expected) =>
        Assert.Equal(expected, StderrLogger.ParseFormat(variable, (LogFormat)configured));

    private static async Task<string> LoggedAsync(LogFormat format, Action<ILogger> log)
    {
        var output = new StringWriter();
        var loggers = new StderrLogger(LogLevel.Information, output, new FakeTimeProvider(Now), format);
        log(loggers.CreateLogger("busbar"));
        await loggers.DisposeAsync();
        return output.ToString().TrimEnd('\n');
    }

    [LoggerMessage(1, LogLevel.Warning, "request {RequestId} ended with {Status} {Outcome} {LaneName}")]
    private static partial void Happened(ILogger logger, string requestId, int status, Outcome outcome, string? laneName);
}

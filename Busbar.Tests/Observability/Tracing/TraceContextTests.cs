using System.Diagnostics;
using Busbar.Observability.Tracing;
using Microsoft.AspNetCore.Http;

namespace Busbar.Tests.Observability.Tracing;

public sealed class TraceContextTests
{
    private const string Valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Theory]
    [InlineData(Valid, true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", true)]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings", true)]
    public void A_callers_context_is_understood_in_this_version_and_later_ones(string header, bool sampled)
    {
        ActivityContext caller = CallerOf(header);

        Assert.Equal(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"), (caller.TraceId.ToHexString(), caller.SpanId.ToHexString()));
        Assert.Equal(sampled, caller.TraceFlags.HasFlag(ActivityTraceFlags.Recorded));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more")]
    [InlineData("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more")]
    [InlineData("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    [InlineData("00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e47-6-0f067aa0ba902b7--01")]
    [InlineData(Valid + "," + Valid)]
    public void Anything_else_is_no_context(string header) => Assert.Equal(default, CallerOf(header));

    [Theory]
    [InlineData("a=b,c=d", "a=b,c=d")]
    [InlineData("", null)]
    [InlineData("a=b\u00e4", null)]
    public void The_callers_state_goes_on_where_it_may(string state, string? kept)
        => Assert.Equal(kept ?? "", CallerOf(Valid, state).TraceState ?? "");

    [Fact]
    public void A_state_that_is_too_long_is_left_out() => Assert.True(
        string.IsNullOrEmpty(CallerOf(Valid, $"a={new string('b', 200)},c={new string('d', 200)},e={new string('f', 200)}").TraceState));

    private static ActivityContext CallerOf(string parent, string state = "") =>
        Tracer.CallerOf(new HeaderDictionary { ["traceparent"] = parent, ["tracestate"] = state });

    [Theory]
    [InlineData("http://localhost:4318", "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/", "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/v1/traces", "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/v1/traces/", "http://localhost:4318/v1/traces")]
    [InlineData("https://example.com/otlp", "https://example.com/otlp/v1/traces")]
    [InlineData("https://example.com/otlp?team=a", "https://example.com/otlp/v1/traces?team=a")]
    public void The_path_of_traces_is_added_where_it_is_missing(string endpoint, string address)
        => Assert.Equal(address, OtlpAddress.Of(endpoint, "traces").AbsoluteUri);
}

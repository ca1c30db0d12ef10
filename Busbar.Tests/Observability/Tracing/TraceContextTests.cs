using Busbar.Observability.Tracing;

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
        Assert.True(TraceContext.TryParse(header, out TraceContext context));
        Assert.Equal($"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0{(sampled ? 1 : 0)}", context.ToString());
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
    public void Anything_else_is_no_context(string header) => Assert.False(TraceContext.TryParse(header, out _));

    [Fact]
    public void What_is_written_is_read_back()
    {
        var random = new Random(7);
        for (int round = 0; round < 1000; round++)
        {
            var context = new TraceContext(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()), (ulong)random.NextInt64() + 1, round % 2 == 0);

            Assert.True(TraceContext.TryParse(context.ToString(), out TraceContext read));
            Assert.Equal(context, read);
        }
    }

    [Theory]
    [InlineData("http://localhost:4318", "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/", "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/v1/traces", "http://localhost:4318/v1/traces")]
    [InlineData("http://localhost:4318/v1/traces/", "http://localhost:4318/v1/traces")]
    [InlineData("https://example.com/otlp", "https://example.com/otlp/v1/traces")]
    [InlineData("https://example.com/otlp?team=a", "https://example.com/otlp/v1/traces?team=a")]
    public void The_path_of_traces_is_added_where_it_is_missing(string endpoint, string address) => Assert.Equal(address, OtlpAddress.Of(endpoint, "traces").AbsoluteUri);
}

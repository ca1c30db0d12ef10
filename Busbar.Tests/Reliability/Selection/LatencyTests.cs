using Busbar.Reliability.Selection;

namespace Busbar.Tests.Reliability.Selection;

public sealed class LatencyTests
{
    [Fact]
    public void There_is_no_average_before_the_first_answer() => Assert.Null(new Latency().Milliseconds);

    [Fact]
    public void The_first_answer_is_the_average_and_each_later_one_moves_it_an_eighth_of_the_way()
    {
        var latency = new Latency();
        latency.Observe(TimeSpan.FromMilliseconds(80));
        Assert.Equal(80, latency.Milliseconds);
        latency.Observe(TimeSpan.FromMilliseconds(160));
        Assert.Equal(90, latency.Milliseconds);
    }

    [Fact]
    public void Answers_from_many_threads_all_count()
    {
        var latency = new Latency();
        latency.Observe(TimeSpan.Zero);
        Parallel.For(0, 400, _ => latency.Observe(TimeSpan.FromMilliseconds(1000)));

        Assert.Equal(1000 * (1 - Math.Pow(7.0 / 8, 400)), latency.Milliseconds!.Value, 6);
    }
}

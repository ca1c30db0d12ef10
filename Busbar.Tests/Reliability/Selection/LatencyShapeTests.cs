using Busbar.Reliability.Selection;

namespace Busbar.Tests.Reliability.Selection;

/// <summary>Percentiles of the times to the beginning of answers.</summary>
public sealed class LatencyShapeTests
{
    [Fact]
    public void Few_answers_tell_nothing()
    {
        var shape = new LatencyShape();
        for (int answers = 0; answers < 19; answers++)
        {
            shape.Observe(TimeSpan.FromSeconds(1));
        }

        Assert.Null(shape.Percentile(0.95));
        shape.Observe(TimeSpan.FromSeconds(1));
        Assert.NotNull(shape.Percentile(0.95));
    }

    [Theory]
    [InlineData(0.5, 500)]
    [InlineData(0.95, 950)]
    [InlineData(0.99, 990)]
    public void A_percentile_is_right_to_a_quarter(double part, double milliseconds)
    {
        var shape = new LatencyShape();
        for (int answer = 1; answer <= 400; answer++)
        {
            shape.Observe(TimeSpan.FromMilliseconds(answer * 2.5));
        }

        Assert.InRange(shape.Percentile(part)!.Value.TotalMilliseconds, milliseconds, milliseconds * 1.3);
    }

    [Fact]
    public void What_was_long_ago_fades()
    {
        var shape = new LatencyShape();
        for (int answer = 0; answer < 500; answer++)
        {
            shape.Observe(TimeSpan.FromSeconds(10));
        }

        for (int answer = 0; answer < 5000; answer++)
        {
            shape.Observe(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(shape.Percentile(0.95)!.Value.TotalMilliseconds, 100, 150);
    }

    [Fact]
    public void Half_of_the_answers_took_no_longer_than_the_slowest_of_that_half()
    {
        var shape = new LatencyShape();
        for (int answer = 0; answer < 100; answer++)
        {
            shape.Observe(answer < 50 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(10));
        }

        Assert.InRange(shape.Percentile(0.5)!.Value.TotalMilliseconds, 100, 126);
    }

    [Fact]
    public void What_takes_for_ever_is_told_as_the_longest_there_is()
    {
        var shape = new LatencyShape();
        for (int answer = 0; answer < 20; answer++)
        {
            shape.Observe(TimeSpan.FromDays(1000));
        }

        Assert.Equal(shape.Percentile(1), shape.Percentile(0.01));
    }

    [Fact]
    public void Fading_leaves_the_shape_as_it_is()
    {
        var shape = new LatencyShape();
        for (int answer = 0; answer < 512; answer++)
        {
            shape.Observe(answer < 256 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(10));
        }

        Assert.InRange(shape.Percentile(0.5)!.Value.TotalMilliseconds, 100, 126);
        Assert.InRange(shape.Percentile(0.51)!.Value.TotalMilliseconds, 10_000, 12_600);
    }
}

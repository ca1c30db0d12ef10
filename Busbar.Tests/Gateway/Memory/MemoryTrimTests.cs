using Busbar.Gateway.Memory;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Gateway.Memory;

/// <summary>When memory goes back to the machine.</summary>
public sealed class MemoryTrimTests
{
    private readonly MemoryGauge _gauge = new();
    private readonly FakeTimeProvider _time = new();
    private int _collections;

    [Fact]
    public void Large_bodies_are_collected_once_after_a_quiet_while()
    {
        using MemoryTrim trim = Trim();
        trim.Released(MemoryTrim.Large);
        trim.Released(MemoryTrim.Large);
        _time.Advance(MemoryTrim.Quiet - TimeSpan.FromTicks(1));
        Assert.Equal(0, _collections);

        _time.Advance(TimeSpan.FromTicks(1));
        _time.Advance(MemoryTrim.Quiet * 3);
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void Nothing_is_collected_for_small_bodies_or_while_large_ones_are_held()
    {
        using MemoryTrim trim = Trim();
        trim.Released(MemoryTrim.Large - 1);
        _time.Advance(MemoryTrim.Quiet);
        Assert.Equal(0, _collections);

        Assert.True(_gauge.TryAdd(MemoryTrim.Large, long.MaxValue));
        trim.Released(MemoryTrim.Large);
        _time.Advance(MemoryTrim.Quiet);
        Assert.Equal(0, _collections);

        _gauge.Subtract(MemoryTrim.Large);
        _time.Advance(MemoryTrim.Quiet);
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void Nothing_runs_after_the_end()
    {
        MemoryTrim trim = Trim();
        trim.Released(MemoryTrim.Large);
        trim.Dispose();
        trim.Released(MemoryTrim.Large);
        _time.Advance(MemoryTrim.Quiet);
        Assert.Equal(0, _collections);
    }

    private MemoryTrim Trim() => new(_gauge, _time, () => _collections++);
}

using Busbar.Observability.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Observability.Logging;

public sealed class RefusalLinesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Each_address_leaves_a_line_a_second_which_says_how_many_it_stands_for()
    {
        var lines = new RefusalLines(_time);
        Assert.True(lines.IsDue("a", _time.GetTimestamp(), out _));
        Assert.False(lines.IsDue("a", _time.GetTimestamp(), out _));
        Assert.False(lines.IsDue("a", _time.GetTimestamp(), out _));
        Assert.True(lines.IsDue("b", _time.GetTimestamp(), out long unlogged));
        Assert.Equal(0, unlogged);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(lines.IsDue("a", _time.GetTimestamp(), out unlogged));
        Assert.Equal(2, unlogged);
    }

    [Fact]
    public void However_many_addresses_there_are_those_beyond_a_bound_share_one_line()
    {
        var lines = new RefusalLines(_time);
        int due = 0;
        for (int address = 0; address < 10 * RefusalLines.MaxAddresses; address++)
        {
            due += lines.IsDue($"{address}", _time.GetTimestamp(), out _) ? 1 : 0;
        }

        Assert.Equal(RefusalLines.MaxAddresses + 1, due);
    }
}

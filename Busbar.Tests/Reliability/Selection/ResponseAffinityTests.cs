using System.Text;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability.Selection;

public sealed class ResponseAffinityTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_latest_home_counts_for_as_long_as_it_is_renewed()
    {
        var homes = new ResponseAffinity(new MonotonicClock(_time));
        homes.Add("conv_1"u8, 3);
        _time.Advance(ResponseAffinity.Lifetime);
        Assert.Equal(3, homes.Find("conv_1"u8));

        homes.Add("conv_1"u8, 4);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, homes.Find("conv_1"u8));
        Assert.Null(homes.Find("conv_2"u8));

        _time.Advance(ResponseAffinity.Lifetime);
        Assert.Null(homes.Find("conv_1"u8));
        homes.Add("conv_2"u8, 5);
        Assert.Equal(1, homes.Count);
    }

    [Fact]
    public void Beyond_its_capacity_the_oldest_is_forgotten_first()
    {
        var homes = new ResponseAffinity(new MonotonicClock(_time));
        for (int answer = 0; answer < ResponseAffinity.Capacity + 10; answer++)
        {
            homes.Add(Encoding.UTF8.GetBytes($"resp_{answer}"), answer % 7);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            homes.Add("conv"u8, 1);
        }

        Assert.InRange(homes.Count, 1, ResponseAffinity.Capacity);
        Assert.Equal(1, homes.Find("conv"u8));
        Assert.Null(homes.Find("resp_0"u8));
        Assert.Equal((ResponseAffinity.Capacity + 9) % 7, homes.Find(Encoding.UTF8.GetBytes($"resp_{ResponseAffinity.Capacity + 9}")));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(20, false)]
    public async Task What_another_process_is_slow_to_tell_is_waited_for_but_not_for_ever(int toldAt, bool isFound)
    {
        var homes = new ResponseAffinity(new MonotonicClock(_time));
        int asked = 0;
        homes.Ask = _ =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            if (++asked == toldAt)
            {
                homes.Learn(Rendezvous.Hash("resp_1"u8), 3, "somebody");
            }

            return Task.FromResult(true);
        };

        await homes.AskWhileAsync(() => homes.Find("resp_1"u8) is null, CancellationToken.None);

        Assert.Equal(isFound ? 3 : null, homes.Find("resp_1"u8));
        Assert.Equal(isFound ? toldAt : 10, asked);
    }

    [Fact]
    public async Task Nobody_is_asked_again_who_cannot_know()
    {
        var homes = new ResponseAffinity(new MonotonicClock(_time));
        int asked = 0;
        homes.Ask = _ => Task.FromResult(++asked < 0);
        await homes.AskWhileAsync(() => true, CancellationToken.None);
        Assert.Equal(1, asked);
    }
}

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
        var affinity = new ResponseAffinity(new MonotonicClock(_time));
        affinity.Add("conv_1"u8, 3);
        _time.Advance(ResponseAffinity.Lifetime);
        Assert.Equal(3, affinity.Find("conv_1"u8));

        affinity.Add("conv_1"u8, 4);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, affinity.Find("conv_1"u8));
        Assert.Null(affinity.Find("conv_2"u8));

        _time.Advance(ResponseAffinity.Lifetime);
        Assert.Null(affinity.Find("conv_1"u8));
        affinity.Add("conv_2"u8, 5);
        Assert.Equal(1, affinity.Count);
    }

    [Fact]
    public void Beyond_its_capacity_the_oldest_is_forgotten_first()
    {
        var affinity = new ResponseAffinity(new MonotonicClock(_time));
        for (int answer = 0; answer < ResponseAffinity.Capacity + 10; answer++)
        {
            affinity.Add(Encoding.UTF8.GetBytes($"resp_{answer}"), answer % 7);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            affinity.Add("conv"u8, 1);
        }

        Assert.InRange(affinity.Count, 1, ResponseAffinity.Capacity);
        Assert.Equal(1, affinity.Find("conv"u8));
        Assert.Null(affinity.Find("resp_0"u8));
        Assert.Equal((ResponseAffinity.Capacity + 9) % 7, affinity.Find(Encoding.UTF8.GetBytes($"resp_{ResponseAffinity.Capacity + 9}")));
    }

    [Fact]
    public void The_first_owner_stays_whoever_comes_later()
    {
        var affinity = new ResponseAffinity(new MonotonicClock(_time));
        affinity.Add("resp_1"u8, 1, "first");
        affinity.Add("resp_1"u8, 2, "second");
        affinity.Add("resp_1"u8, 3);
        Assert.Equal(("first", 3), (affinity.OwnerOf("resp_1"u8), affinity.Find("resp_1"u8)));

        affinity.Add("resp_2"u8, 1);
        Assert.Null(affinity.OwnerOf("resp_2"u8));
        affinity.Add("resp_2"u8, 1, "late");
        Assert.Equal("late", affinity.OwnerOf("resp_2"u8));

        _time.Advance(ResponseAffinity.Lifetime + TimeSpan.FromSeconds(1));
        affinity.Add("resp_1"u8, 1, "next");
        Assert.Equal("next", affinity.OwnerOf("resp_1"u8));
    }

    [Fact]
    public void Others_are_told_of_what_is_made_here_and_not_of_what_they_told()
    {
        var told = new List<(ulong Id, int Lane, string? Owner)>();
        var affinity = new ResponseAffinity(new MonotonicClock(_time)) { Added = (id, lane, owner) => told.Add((id, lane, owner)) };
        affinity.Add("resp_1"u8, 4, "owner");
        affinity.Learn(Rendezvous.Hash("resp_2"u8), 5, "other");

        Assert.Equal([(Rendezvous.Hash("resp_1"u8), 4, "owner")], told);
        Assert.Equal(5, affinity.Find("resp_2"u8));
    }

    [Fact]
    public void It_holds_as_many_as_its_capacity_and_not_one_more()
    {
        var affinity = new ResponseAffinity(new MonotonicClock(_time));
        for (int answer = 0; answer < ResponseAffinity.Capacity; answer++)
        {
            affinity.Add(Encoding.UTF8.GetBytes($"resp_{answer}"), 1);
        }

        Assert.Equal(1, affinity.Find("resp_0"u8));
        affinity.Add("resp_0"u8, 2);
        Assert.Equal(2, affinity.Find("resp_0"u8));
        affinity.Add("one more"u8, 3);
        Assert.Equal(ResponseAffinity.Capacity, affinity.Count);
        Assert.Null(affinity.Find("resp_1"u8));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(20, false)]
    public async Task What_another_process_is_slow_to_tell_is_waited_for_but_not_for_ever(int toldAt, bool isFound)
    {
        var affinity = new ResponseAffinity(new MonotonicClock(_time));
        int asked = 0;
        affinity.Ask = _ =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            if (++asked == toldAt)
            {
                affinity.Learn(Rendezvous.Hash("resp_1"u8), 3, "somebody");
            }

            return Task.FromResult(true);
        };

        await affinity.AskWhileAsync(() => affinity.Find("resp_1"u8) is null, CancellationToken.None);

        Assert.Equal(isFound ? 3 : null, affinity.Find("resp_1"u8));
        Assert.Equal(isFound ? toldAt : 10, asked);
    }

    [Fact]
    public async Task Nobody_is_asked_again_who_cannot_know()
    {
        var affinity = new ResponseAffinity(new MonotonicClock(_time));
        int asked = 0;
        affinity.Ask = _ => Task.FromResult(++asked < 0);
        await affinity.AskWhileAsync(() => true, CancellationToken.None);
        Assert.Equal(1, asked);
    }
}

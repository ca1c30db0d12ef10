using Busbar.Reliability;
using Busbar.Reliability.Capacity;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability.Capacity;

/// <summary>What a provider allows in a minute.</summary>
public sealed class PaceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Pace _pace;

    public PaceTests() => _pace = new Pace(new MonotonicClock(_time));

    [Fact]
    public void No_sixty_seconds_see_more_calls_than_allowed()
    {
        _pace.Limit(5, null);
        var random = new Random(7);
        var taken = new List<long>();
        long now = 0;
        for (int round = 0; round < 5000; round++)
        {
            int step = random.Next(0, 4000);
            now += step;
            _time.Advance(TimeSpan.FromMilliseconds(step));
            if (_pace.TryTake(0) >= 0)
            {
                taken.Add(now);
            }
        }

        Assert.True(taken.Count > now / 61_000 * 5 * 0.8, "the limit is used");
        for (int index = 5; index < taken.Count; index++)
        {
            Assert.True(taken[index] - taken[index - 5] > 60_000, $"six calls within {taken[index] - taken[index - 5]} ms");
        }
    }

    [Fact]
    public void The_wait_ends_when_there_is_room_and_not_before()
    {
        _pace.Limit(2, null);
        _time.Advance(TimeSpan.FromMilliseconds(1700));
        Assert.True(_pace.TryTake(0) >= 0);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(_pace.TryTake(0) >= 0);
        Assert.Equal(-1, _pace.TryTake(0));

        long wait = _pace.WaitMs(0);

        Assert.InRange(wait, 40_000 - 700, 41_000);
        _time.Advance(TimeSpan.FromMilliseconds(wait - 1));
        Assert.False(_pace.HasRoom(0));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_pace.HasRoom(0));
        Assert.Equal(0, _pace.WaitMs(0));
    }

    [Fact]
    public void Tokens_count_as_estimated_until_the_provider_has_counted_them()
    {
        _pace.Limit(null, 1000);
        long began = _pace.TryTake(600);
        Assert.False(_pace.HasRoom(500));
        _pace.Correct(began, 0, -400);
        Assert.True(_pace.HasRoom(500));
        _pace.Correct(began, 0, 700);
        Assert.False(_pace.HasRoom(200));
        Assert.True(_pace.HasRoom(100));

        // What is more than was thought counts from when it is known.
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.True(_pace.HasRoom(1000));
        _pace.Correct(began, 0, -100);
        Assert.True(_pace.HasRoom(1000));
    }

    [Fact]
    public void A_call_that_is_larger_than_the_minute_goes_alone()
    {
        _pace.Limit(null, 1000);
        Assert.True(_pace.TryTake(5000) >= 0);
        Assert.Equal(-1, _pace.TryTake(1));
        Assert.InRange(_pace.WaitMs(1), 60_000, 61_000);
    }

    [Fact]
    public void A_call_that_was_never_made_does_not_count()
    {
        _pace.Limit(1, 100);
        long began = _pace.TryTake(80);
        Assert.Equal(-1, _pace.TryTake(1));
        _pace.Correct(began, -1, -80);
        Assert.True(_pace.TryTake(80) >= 0);
    }

    [Fact]
    public void Another_limit_holds_at_once_and_what_was_counted_stays()
    {
        _pace.Limit(3, null);
        Assert.True(_pace.TryTake(0) >= 0 && _pace.TryTake(0) >= 0);
        _pace.Limit(2, null);
        Assert.False(_pace.HasRoom(0));
        _pace.Limit(null, null);
        Assert.True(_pace.HasRoom(0));
    }
}

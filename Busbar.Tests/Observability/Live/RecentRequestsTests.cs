using Busbar.Observability.Live;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;

namespace Busbar.Tests.Observability.Live;

/// <summary>What is kept of requests, and for how long.</summary>
public sealed class RecentRequestsTests
{
    private static readonly RecentRequest Fine = new() { Pool = "smart", Lane = "m0", Status = 200 };

    [Fact]
    public void A_failure_outlasts_thousands_of_requests_that_went_well()
    {
        var recent = new RecentRequests();
        recent.Add(Fine with { Outcome = Outcome.Error, RequestId = "failed" });
        recent.Add(Fine with { Failures = [new FailedAttempt("smart", "m0", "p", "timeout", 0, null, default)], RequestId = "failed over" });
        for (int request = 0; request < 5_000; request++)
        {
            recent.Add(Fine);
        }

        List<RecentRequest> kept = recent.Read();

        Assert.Equal(RecentRequests.Max + 2, kept.Count);
        Assert.Equal(5_002, kept[0].Sequence);
        Assert.Equal(["failed over", "failed"], kept[^2..].Select(request => request.RequestId));
    }

    [Fact]
    public void Each_request_is_listed_once_and_the_newest_comes_first()
    {
        var recent = new RecentRequests();
        for (int request = 0; request < 3; request++)
        {
            recent.Add(Fine with { Outcome = Outcome.Exhausted });
        }

        Assert.Equal([3, 2, 1], recent.Read().Select(request => request.Sequence));
        Assert.Equal([3], recent.Read(after: 2).Select(request => request.Sequence));
        Assert.Equal(3, recent.Last);
    }

    [Fact]
    public void Keeping_a_request_allocates_nothing()
    {
        var recent = new RecentRequests();

        Assert.Equal(0, Allocations.Least(() => recent.Add(Fine with { Outcome = Outcome.Error })));
    }

    [Fact]
    public void Requests_of_many_threads_are_all_counted_and_none_is_torn()
    {
        var recent = new RecentRequests();
        Parallel.For(0, 8, thread =>
        {
            for (int request = 0; request < 2_000; request++)
            {
                recent.Add(Fine with { Attempts = thread, TotalMs = thread });
                Assert.All(recent.Read(recent.Last - 5), read => Assert.Equal(read.Attempts, read.TotalMs));
            }
        });

        Assert.Equal(16_000, recent.Last);
        Assert.Equal(RecentRequests.Max, recent.Read().Count);
    }
}

using Busbar.Observability.Live;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Reliability.Breaker;

namespace Busbar.Tests.Admin.Process;

/// <summary>What just happened, as the admin API shows it.</summary>
public sealed class LiveEndpointsTests
{
    [Theory]
    [InlineData("", "ab")]
    [InlineData("?outcome=failed", "b")]
    [InlineData("?outcome=failed_over", "a")]
    [InlineData("?key=team", "a")]
    [InlineData("?group=payments", "a")]
    [InlineData("?pool=smart", "b")]
    [InlineData("?model=gone", "a")]
    [InlineData("?id=b", "b")]
    [InlineData("?after=1", "b")]
    [InlineData("?limit=1", "b")]
    public async Task Requests_are_found_by_whom_what_and_how_they_ended(string query, string found)
    {
        await using var scene = new AdminScene();
        scene.Gateway.Live.Requests.Add(new RecentRequest
        {
            RequestId = "a", Pool = "fast", Lane = "small", KeyName = "team", Group = "payments", Status = 200, Failures =
                [new FailedAttempt("fast", "gone", "openai", "rate_limit", 429, "slow_down", TimeSpan.FromSeconds(9), TimeSpan.FromMilliseconds(41))],
        });
        scene.Gateway.Live.Requests.Add(new RecentRequest { RequestId = "b", Pool = "smart", Outcome = Outcome.ClientError, Status = 404, Reason =
            "unknown_model" });

        AdminAnswer answer = await scene.SendAsync("GET", "/admin/requests" + query);

        Assert.Equal(200, answer.Status);
        Assert.Equal(found, string.Concat(answer.Json.GetProperty("requests").EnumerateArray()
            .Select(request => request.GetProperty("request_id").GetString()).Order()));
    }

    [Theory]
    [InlineData("/admin/requests?outcome=good")]
    [InlineData("/admin/requests?limit=401")]
    [InlineData("/admin/figures?resolution=hour")]
    [InlineData("/admin/figures?resolution=minute&count=1441")]
    public async Task A_wrong_question_is_refused(string target)
    {
        await using var scene = new AdminScene();

        Assert.Equal((400, "invalid_value"), await scene.SendAsync("GET", target) is var answer ? (answer.Status, answer.Code) : default);
    }

    [Fact]
    public async Task Names_that_look_like_markup_arrive_as_text()
    {
        await using var scene = new AdminScene();
        const string Name = "<script>alert(1)</script>\"&";
        scene.Gateway.Live.Requests.Add(new RecentRequest { Pool = Name, KeyName = Name });

        AdminAnswer answer = await scene.SendAsync("GET", "/admin/requests");

        Assert.Equal(Name, answer.Json.GetProperty("requests")[0].GetProperty("pool").GetString());
    }

    [Fact]
    public async Task A_lane_tells_what_became_of_its_breakers()
    {
        await using var scene = new AdminScene();
        scene.Gateway.Live.Breakers.Add("small", new BreakerMoment(1, "fast", BreakerState.Closed, BreakerState.Open, "rate_limit", 15));

        AdminAnswer answer = await scene.SendAsync("GET", "/admin/lanes/small/history");

        Assert.Equal("open", answer.Json.GetProperty("changes")[0].GetProperty("to").GetString());
        Assert.Equal(404, (await scene.SendAsync("GET", "/admin/lanes/nothing/history")).Status);
    }

    [Fact]
    public async Task A_key_that_opens_nothing_cannot_be_tried()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();

        Assert.Equal(200, await TryAsync(id));
        Assert.Equal(404, await TryAsync("vk_nobody"));
        await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"enabled":false}""");
        Assert.Equal(409, await TryAsync(id));

        async Task<int> TryAsync(string key) =>
            (await scene.SendAsync("POST", "/admin/try/v1/chat/completions", "{}", headers: [("x-busbar-key-id", key)])).Status;
    }
}

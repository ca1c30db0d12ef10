using System.Collections.Concurrent;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Connections to providers, and HTTP that is odd but not broken.</summary>
public sealed class ConnectionScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task One_connection_serves_requests_that_follow_each_other(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        for (int request = 0; request < 10; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(spoken, stream)).Status);
            await scene.SettledAsync();
        }

        Assert.Equal(1, scene.Upstream.OpenConnections);
        await scene.ChargedAsync(0, ok: 10);
    }

    [Fact]
    public async Task No_more_connections_are_kept_than_the_configuration_allows()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ pool_max_idle_per_host: 2 }" });
        var all = new TaskCompletionSource();
        scene.Upstream.Always = async call =>
        {
            await all.Task;
            await spoken.ServeAsync(call);
        };

        Task<Reply>[] requests = [.. Enumerable.Range(0, 6).Select(_ => scene.PostAsync(spoken))];
        await scene.Upstream.ArrivedAsync(requests.Length);
        Assert.Equal(requests.Length, scene.Upstream.OpenConnections);
        all.SetResult();

        Assert.All(await Task.WhenAll(requests), reply => Assert.Equal(200, reply.Status));
        await Eventually.TrueAsync(() => scene.Upstream.OpenConnections == 2, "closed");
    }

    [Fact]
    public async Task A_whole_answer_that_takes_longer_than_any_may_is_given_up_though_it_is_never_silent()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            spoken) { Limits = "{ upstream_request_timeout_secs: 1, upstream_idle_timeout_secs: 30 }" });
        scene.Upstream.Always = async call =>
        {
            await call.RawAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{");
            Task givenUp = call.SilenceAsync();
            while (await Task.WhenAny(givenUp, Task.Delay(50)) != givenUp)
            {
                await call.RawAsync(" ");
            }
        };

        Reply reply = await scene.PostAsync(spoken);

        Assert.Contains(reply.Status, (int[])[502, 503, 504]);
        await Eventually.TrueAsync(() => scene.Upstream.OpenConnections == 0, "given up");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_connection_that_the_provider_closed_meanwhile_costs_nobody_anything(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await spoken.ServeAsync(call);
            call.Close();
        });
        scene.Upstream.Next(call => spoken.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        await Eventually.TrueAsync(() => scene.Upstream.OpenConnections == 0, "closed");
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        await scene.ChargedAsync(0, ok: 2);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Informational_answers_are_not_the_answer(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.RawAsync("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
            await spoken.ServeAsync(call);
        });

        Reply reply = await scene.PostAsync(spoken, stream);

        Assert.Equal((200, stream ? string.Concat(spoken.Stream("hello")) : spoken.Answer("hello")), (reply.Status, reply.Text));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Bytes_beyond_the_declared_length_belong_to_no_answer(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await spoken.ServeAsync(call);
            await call.RawAsync("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled");
        });
        scene.Upstream.Always = call => spoken.ServeAsync(call, "second");

        Assert.Equal(spoken.Answer("hello"), (await scene.PostAsync(spoken)).Text);
        await scene.SettledAsync();

        // What came unasked must not be taken for the next client's answer, whatever else becomes of that request.
        Reply next = await scene.PostAsync(spoken);
        Assert.DoesNotContain("smuggled", next.Text);
        Assert.Equal(spoken.Answer("second"), next.Text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_body_that_ends_with_the_connection_is_whole(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.RawAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + spoken.Answer("hello"));
            call.Close();
        });

        Assert.Equal(spoken.Answer("hello"), (await scene.PostAsync(spoken)).Text);
        await scene.ChargedAsync(0, ok: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Many_requests_at_once_are_each_answered_with_their_own(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Model = "max_concurrent: 8" });
        int now = 0;
        var counts = new ConcurrentBag<int>();
        scene.Upstream.Always = async call =>
        {
            counts.Add(Interlocked.Increment(ref now));
            await Task.Delay(1);
            Interlocked.Decrement(ref now);
            await call.AnswerAsync(200, spoken.Answer(call.Request.Text.Split("number-")[1].Split('.')[0]));
        };

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async number =>
            (await scene.PostAsync(spoken, spoken.Request(Scene.Pool, stream: false, $"number-{number}."))).Text));

        Assert.Equal(Enumerable.Range(0, 200).Select(number => spoken.Answer(number.ToString())), answers);
        await scene.ChargedAsync(0, ok: 200);
        await scene.CountedAsync("ok", 200);
        Assert.InRange(counts.Max(), 1, 8);

        Assert.InRange(scene.Upstream.OpenConnections, 1, 8);
    }
}

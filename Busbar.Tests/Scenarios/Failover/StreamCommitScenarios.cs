using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>What happens to a stream before and after the point from which a request belongs to its lane.</summary>
public sealed class StreamCommitScenarios
{
    public static TheoryData<string, string> Hops => Cases.Hops;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("lesson", "18")]
    public async Task Nothing_reaches_the_client_before_the_first_content(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(string.Concat(spoken.Prelude));
            await gate.Task;
            await call.ChunkAsync(spoken.First("hello"));
            await call.ChunkAsync(string.Concat(spoken.End));
            await call.EndAsync();
        });

        Task<HttpResponseMessage> opening = scene.OpenAsync(spoken, stream: true);
        await scene.Upstream.ArrivedAsync();
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_pooled_buffers"] > 1 ? null : "nothing is held");
        Assert.False(opening.IsCompleted);
        gate.SetResult();

        Reply reply = await scene.ReadAsync(await opening);
        Assert.Equal(string.Concat(spoken.Stream("hello")), reply.Text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task With_first_byte_the_prelude_goes_out_at_once_and_an_error_in_it_is_final(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken) { Pool = "commit: first_byte" });
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(spoken.Prelude[0]);
            await gate.Task;
            await call.ChunkAsync(spoken.ErrorEvent);
            await call.EndAsync();
        });

        HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);
        Assert.Equal(200, (int)response.StatusCode);
        gate.SetResult();
        Reply reply = await scene.ReadAsync(response);

        Assert.Equal(spoken.Prelude[0] + spoken.ErrorEvent, reply.Text);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_error_is_the_providers_even_when_its_client_hangs_up_on_it(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        var contentSeen = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(string.Concat(spoken.Prelude) + spoken.First("hello"));
            await contentSeen.Task;
            await call.ChunkAsync(spoken.ErrorEvent);
            await call.SilenceAsync();
        });

        using (HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true))
        {
            StreamText text = await StreamText.OfAsync(response);
            await text.ReadUntilAsync("hello");
            contentSeen.SetResult();
            await text.ReadUntilAsync(spoken.ErrorEvent);
        }

        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_a_provider_says_after_its_error_reaches_a_client_of_its_protocol(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        string content = string.Concat(spoken.Prelude) + spoken.First("hello"), last = spoken.More("afterwards");
        TaskCompletionSource contentSeen = new(), errorSeen = new();
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(content);
            await contentSeen.Task;
            await call.ChunkAsync(spoken.ErrorEvent);
            await errorSeen.Task;
            await call.ChunkAsync(last);
            await call.EndAsync();
        }).Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(content + spoken.ErrorEvent);
            await call.ChunkAsync(last);
            await call.EndAsync();
        });

        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true);
        StreamText text = await StreamText.OfAsync(response);
        await text.ReadUntilAsync("hello");
        contentSeen.SetResult();
        await text.ReadUntilAsync(spoken.ErrorEvent);
        errorSeen.SetResult();
        await text.ReadToEndAsync();
        await scene.ChargedAsync(0, err: 1);
        Reply held = await scene.PostAsync(spoken, stream: true);

        Assert.Equal(content + spoken.ErrorEvent + last, text.Text);
        Assert.Equal(content + spoken.ErrorEvent + last, held.Text);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C161")]
    public async Task An_error_event_after_content_is_told_once_and_charged(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            await gate.Task;
            await call.ChunkAsync(serves.ErrorEvent);
            await call.EndAsync();
        });

        HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);
        gate.SetResult();
        Reply reply = await scene.ReadAsync(response);

        Assert.Equal(200, reply.Status);
        IsBrokenOff(speaks, reply);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("lesson", "18")]
    public async Task An_error_that_arrives_together_with_content_finds_the_client_with_nothing_yet_and_is_a_failover(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstreams[0].Next(async call =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(string.Concat(serves.Prelude) + serves.First("doomed") + serves.ErrorEvent);
            await call.EndAsync();
        });
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.True(speaks.EndsCleanly(reply.Text), reply.Text);
        Assert.DoesNotContain("doomed", reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
        await scene.CountedAsync("ok");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C158")]
    [Trait("lesson", "22")]
    public async Task An_end_without_a_terminal_is_an_error_and_never_a_clean_end(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(call => call.StreamAsync([.. serves.Prelude, serves.First("hello"), serves.More(" there")]));

        Reply reply = await scene.PostAsync(speaks, stream: true);

        IsBrokenOff(speaks, reply);
        Assert.Contains(" there", reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C158")]
    public async Task A_stream_cut_inside_a_chunk_ends_in_one_native_error(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            await gate.Task;
            await call.RawAsync("400\r\n" + serves.More(" half")[..20]);
            call.Reset();
        });

        HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);
        gate.SetResult();
        Reply reply = await scene.ReadAsync(response);

        IsBrokenOff(speaks, reply);
        Assert.DoesNotContain("half", reply.Text);
        Assert.Empty(scene.Upstreams[1].Requests);
        await scene.ChargedAsync(0, err: 1);
    }

    [Fact]
    public async Task What_comes_before_the_content_is_held_back_up_to_64_kilobytes()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ stream_keepalive_secs: 3600 }" });
        var client = new TaskCompletionSource();
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();
            for (int kilobyte = 0; kilobyte < 80; kilobyte++)
            {
                await call.ChunkAsync($": {new string('x', 1020)}\n\n");
            }

            await client.Task;
            call.Reset();
        });

        using HttpResponseMessage response = await scene.OpenAsync(spoken, stream: true).WaitAsync(TimeSpan.FromSeconds(30));
        client.SetResult();

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("openai", "openai")]
    [InlineData("anthropic", "openai")]
    public async Task Proxies_before_the_gateway_are_told_to_pass_streams_on_as_they_come(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Equal(("no", "no-cache"), (reply["X-Accel-Buffering"], reply["Cache-Control"]));
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Silence_after_content_is_the_providers_fault(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = "{ upstream_idle_timeout_secs: 1 }" });
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            await call.SilenceAsync();
        });

        IsBrokenOff(speaks, await scene.PostAsync(speaks, stream: true));

        await scene.ChargedAsync(0, err: 1);
        await scene.CountedAsync("error");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C160")]
    public async Task A_stream_that_ends_well_is_passed_on_piece_by_piece_and_charges_nobody(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        TaskCompletionSource[] gates = [new(), new()];
        await using Scene scene = await Scene.StartAsync(serves);
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "one");
            await gates[0].Task;
            await call.ChunkAsync(serves.More("two"));
            await gates[1].Task;
            await call.ChunkAsync(string.Concat(serves.End));
            await call.EndAsync();
        });

        using HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);
        Assert.StartsWith(speaks.StreamContentType, response.Content.Headers.ContentType!.ToString());
        var text = await StreamText.OfAsync(response);
        await text.ReadUntilAsync("one");
        Assert.DoesNotContain("two", text.Text);
        gates[0].SetResult();
        await text.ReadUntilAsync("two");
        Assert.False(speaks.EndsCleanly(text.Text));
        gates[1].SetResult();
        await text.ReadToEndAsync();

        Assert.True(speaks.EndsCleanly(text.Text), text.Text);
        await scene.ChargedAsync(0, ok: 1);
        await scene.CountedAsync("ok");
    }

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("gotcha", "C163")]
    public async Task A_whole_body_cut_in_transfer_is_a_failover(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves, serves));
        string answer = serves.Answer("hello");
        scene.Upstreams[0].Next(async call =>
        {
            await call.RawAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer[..^10]}");
            call.Close();
        });
        scene.Upstreams[1].Next(call => serves.ServeAsync(call));

        Reply reply = await scene.PostAsync(speaks);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
    }

    private static void IsBrokenOff(SpokenProtocol client, Reply reply)
    {
        Assert.Contains("hello", reply.Text);
        Assert.True(client.HasError(reply.Text), reply.Text);
        Assert.False(client.EndsCleanly(reply.Text), reply.Text);
        Scene.SpeaksLikeTheVendor(reply);
    }
}

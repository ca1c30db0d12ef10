using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>Sessions that stay with a lane.</summary>
public sealed class AffinityScenarios
{
    private const string Even = "members: [{ target: m0 }, { target: m1 }, { target: m2 }]";

    public static TheoryData<string, bool> Forms => Cases.Forms;

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Forms))]
    [Trait("gotcha", "C132")]
    [Trait("gotcha", "C135")]
    public async Task A_session_stays_with_its_lane_and_sessions_spread(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken, $"even: {{ {Even}, affinity: {{ mode: session, header_name: X-Conversation }} }}");

        var lanes = new HashSet<int>();
        for (int session = 0; session < 8; session++)
        {
            int[] before = Counts(scene);
            for (int request = 0; request < 3; request++)
            {
                Assert.Equal(200, (await scene.PostAsync(spoken, stream, "even", Named("x-conversation", $"s-{session}", spoken))).Status);
            }

            lanes.Add(Array.FindIndex(Difference(before, Counts(scene)), count => count == 3));
        }

        Assert.DoesNotContain(-1, lanes);
        Assert.True(lanes.Count > 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C134")]
    [Trait("gotcha", "C135")]
    public async Task Neither_a_pool_without_affinity_nor_another_header_keeps_a_session(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken, $"even: {{ {Even} }}\nother: {{ {Even}, affinity: {{ header_name: X-Conversation }} }}");

        foreach (string pool in (string[])["even", "other"])
        {
            int[] before = Counts(scene);
            for (int request = 0; request < 6; request++)
            {
                Assert.Equal(200, (await scene.PostAsync(spoken, false, pool, Named("x-session-id", "the-same", spoken))).Status);
            }

            Assert.Equal([2, 2, 2], Difference(before, Counts(scene)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_conversation_without_a_header_stays_where_its_beginning_is_cached(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene = await StartAsync(spoken, $"even: {{ {Even}, affinity: {{ fallback: prefix }} }}");

        var lanes = new HashSet<int>();
        for (int conversation = 0; conversation < 8; conversation++)
        {
            int[] before = Counts(scene);
            for (int request = 0; request < 3; request++)
            {
                string body = spoken.Request("even", stream: request == 1, prompt: $"conversation {conversation}");
                using HttpRequestMessage message = Scene.Message(spoken, new StringContent(body), null, "even", request == 1);
                Assert.Equal(200, (await scene.ReadAsync(await scene.Client.SendAsync(message))).Status);
            }

            lanes.Add(Array.FindIndex(Difference(before, Counts(scene)), count => count == 3));
        }

        Assert.DoesNotContain(-1, lanes);
        Assert.True(lanes.Count > 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("gotcha", "C133")]
    public async Task A_session_whose_lane_fails_goes_on_elsewhere(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using Scene scene =
            await StartAsync(spoken, $"even: {{ {Even}, affinity: {{}}, breaker: {{ trip: {{ mode: consecutive, n: 1 }} }} }}");
        Assert.Equal(200, (await scene.PostAsync(spoken, false, "even", Named("x-session-id", "one", spoken))).Status);
        int home = Array.IndexOf(Counts(scene), 1);
        scene.Upstreams[home].Always = call => call.AnswerAsync(500, "{}");

        for (int request = 0; request < 3; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(spoken, false, "even", Named("x-session-id", "one", spoken))).Status);
        }

        // The first failed there, the others did not go there any more and found one new home.
        Assert.Equal(2, Counts(scene)[home]);
        Assert.Contains(3, Counts(scene));
    }

    [Fact]
    public async Task The_system_prompt_stands_in_for_a_missing_header_where_the_pool_says_so()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("anthropic");
        await using Scene scene = await StartAsync(spoken, $"even: {{ {Even}, affinity: {{ fallback: system }} }}");

        for (int request = 0; request < 3; request++)
        {
            string body =
                $$"""{"model":"even","max_tokens":9,"system":"You are terse.","messages":[{"role":"user","content":"question {{request}}"}]}""";
            Assert.Equal(200, (await scene.PostAsync(spoken, body)).Status);
        }

        Assert.Contains(3, Counts(scene));
    }

    private static async Task<Scene> StartAsync(SpokenProtocol spoken, string pools)
    {
        Scene scene = await Scene.StartAsync(new SceneConfig(spoken, spoken, spoken) { OtherPools = pools });
        foreach (ScriptedUpstream upstream in scene.Upstreams)
        {
            upstream.Always = call => spoken.ServeAsync(call);
        }

        return scene;
    }

    private static Action<HttpRequestMessage> Named(string header, string session, SpokenProtocol spoken) => message =>
    {
        spoken.Authorize(message.Headers, Scene.Token);
        message.Headers.TryAddWithoutValidation(header, session);
    };

    private static int[] Counts(Scene scene) => [.. scene.Upstreams.Select(upstream => upstream.Requests.Count)];

    private static int[] Difference(int[] before, int[] after) => [.. after.Select((count, lane) => count - before[lane])];
}

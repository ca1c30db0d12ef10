using System.Text.RegularExpressions;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>A provider that thinks for long in the middle of a stream.</summary>
public sealed partial class KeepAliveScenarios
{
    // A Bedrock client gets none: its frames have nothing that its SDKs would pass over.
    private static readonly Dictionary<string, string> Signs = new()
    {
        ["openai"] = ": keep-alive\n\n",
        ["anthropic"] = "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        ["gemini"] = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"index\":0}]}\n\n",
        ["responses"] = ": keep-alive\n\n",
        ["cohere"] = ": keep-alive\n\n",
    };

    public static IEnumerable<object[]> Hops => Cases.Hops.Where(hop => Signs.ContainsKey((string)hop[0]));

    [Theory]
    [MemberData(nameof(Hops))]
    [Trait("lesson", "37")]
    public async Task A_silent_provider_is_covered_by_native_signs_of_life_between_whole_frames(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(serves) { Limits = "{ stream_keepalive_secs: 1 }" });
        scene.Upstream.Next(async call =>
        {
            await call.BeginAsync();

            // Half a frame of the provider's must not be cut in two by what is written meanwhile.
            string more = serves.More(" world");
            await call.ChunkAsync(string.Concat(serves.Prelude) + serves.First("hello") + more[..(more.Length / 2)]);
            await gate.Task;
            await call.ChunkAsync(more[(more.Length / 2)..] + string.Concat(serves.End));
            await call.EndAsync();
        });
        using HttpResponseMessage response = await scene.OpenAsync(speaks, stream: true);
        var stream = await StreamText.OfAsync(response);

        await stream.ReadUntilAsync("hello");
        await stream.ReadUntilAsync(Signs[client] + Signs[client], Bare);
        Assert.DoesNotContain("world", stream.Text);
        gate.SetResult();
        await stream.ReadToEndAsync();

        Assert.Contains("world", stream.Text);
        Assert.True(speaks.EndsCleanly(stream.Text), stream.Text);
        Assert.All(stream.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries),
            frame => Assert.Matches("^(event: |data: |: keep-alive$)", frame));
        if (client == provider)
        {
            Assert.Equal(string.Concat(serves.Prelude) + serves.First("hello") + serves.More(" world") + string.Concat(serves.End),
                stream.Text[..(stream.Text.IndexOf("hello", StringComparison.Ordinal) + 5)] + AfterHello(stream.Text).Replace(Signs[client], ""));
        }

        await scene.ChargedAsync(0, ok: 1);
    }

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Signs_of_life_do_not_extend_the_providers_own_limit(string client, string provider)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            serves) { Limits = "{ stream_keepalive_secs: 1, upstream_idle_timeout_secs: 3 }" });
        scene.Upstream.Next(async call =>
        {
            await serves.BeginAsync(call, "hello");
            await call.SilenceAsync();
        });

        Reply reply = await scene.PostAsync(speaks, stream: true);

        Assert.Contains(Signs[client], AfterHello(Bare(reply.Text)));
        Assert.True(speaks.HasError(reply.Text), reply.Text);
        await scene.ChargedAsync(0, err: 1);
    }

    // A translated answer of Gemini names its model and its id in each chunk, those without words included.
    private static string Bare(string text) => NamesOfEmptyChunk().Replace(text, "");

    [GeneratedRegex("""(?<="parts":\[{"text":""}\],"role":"model"},"index":0}\]),"modelVersion":"[^"]+","responseId":"[^"]+"(?=})""")]
    private static partial Regex NamesOfEmptyChunk();

    private static string AfterHello(string text) => text[(text.IndexOf("hello", StringComparison.Ordinal) + 5)..];
}

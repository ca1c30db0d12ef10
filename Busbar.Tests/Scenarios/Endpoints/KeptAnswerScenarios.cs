using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>Responses clients that refer to earlier answers and items, on lanes whose providers keep none.</summary>
public sealed class KeptAnswerScenarios
{
    private static readonly SpokenResponses Responses = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_item_that_was_answered_here_can_be_named_instead_of_repeated(bool stream)
    {
        await using Scene scene = await StartAsync();
        JsonElement first = Answer(await PostAsync(scene, "\"first question\"", stream), stream);
        string item = first.GetProperty("output")[0].GetProperty("id").GetString()!;

        Reply second = await PostAsync(
            scene, $$"""[{"role":"user","content":"first question"},{"type":"item_reference","id":"{{item}}"},{"role":"user","content":"second """ +
                """question"}]""", stream);

        Assert.Equal(200, second.Status);
        Assert.Equal(["first question", "words of the answer", "second question"], Said(scene));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_goes_on_from_answers_that_were_given_here_however_many_turns_ago(bool stream)
    {
        await using Scene scene = await StartAsync();
        string first = Answer(await PostAsync(scene, "\"one\"", stream), stream).GetProperty("id").GetString()!;
        string second = Answer(await PostAsync(scene, "\"two\"", stream, $",\"previous_response_id\":\"{first}\""), stream).GetProperty("id")
            .GetString()!;

        Assert.Equal(200, (await PostAsync(scene, """[{"role":"user","content":"three"}]""", stream, $",\"previous_response_id\":\"{second}\""))
            .Status);
        Assert.Equal(["one", "words of the answer", "two", "words of the answer", "three"], Said(scene));
    }

    [Theory]
    [InlineData(",\"store\":false")]
    [InlineData("")]
    public async Task What_is_not_kept_is_a_native_error_that_says_what_to_do(string store)
    {
        await using Scene scene = await StartAsync();
        JsonElement first = Answer(await PostAsync(scene, "\"one\"", stream: false, store), stream: false);
        string id = store.Length > 0 ? first.GetProperty("id").GetString()! : "resp_of_somebody_else";

        Reply reply = await PostAsync(scene, "\"two\"", stream: false, $",\"previous_response_id\":\"{id}\"");
        Responses.IsEnvelope(reply, 400);
        Assert.Contains("store: false", Responses.MessageOf(reply), StringComparison.Ordinal);
        Assert.Equal("previous_response_id", reply.Json.GetProperty("error").GetProperty("param").GetString());

        Reply item = await PostAsync(scene, """[{"type":"item_reference","id":"msg_unknown"}]""", stream: false);
        Responses.IsEnvelope(item, 400);
        Assert.Contains("store: false", Responses.MessageOf(item), StringComparison.Ordinal);
        Assert.Single(scene.Upstream.Requests);
    }

    [Fact]
    public async Task A_conversation_is_compacted_by_a_summary_that_every_later_turn_is_told()
    {
        await using Scene scene = await StartAsync();
        Reply stream = await PostAsync(scene, """[{"role":"user","content":"the work"},{"type":"compaction_trigger"}]""", stream: true);
        JsonElement done = Events(stream).Single(static data => data.GetProperty("type").GetString() == "response.output_item.done")
            .GetProperty("item");
        Assert.Equal("compaction", done.GetProperty("type").GetString());
        Assert.Contains("Summarise", Said(scene)[^1], StringComparison.Ordinal);

        JsonElement whole = Assert.Single((await PostAsync(scene, """[{"role":"user","content":"the work"},{"type":"compaction_trigger"}]""",
            stream: false)).Json.GetProperty("output").EnumerateArray());
        Assert.Equal("compaction", whole.GetProperty("type").GetString());

        Assert.Equal(200, (await PostAsync(scene, $$"""[{{done}},{"role":"user","content":"go on"}]""", stream: false)).Status);
        Assert.Contains("words of the answer", string.Join('|', Said(scene)), StringComparison.Ordinal);
        Assert.EndsWith("go on", Said(scene)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_is_refused_so_that_the_client_goes_on_over_http()
    {
        await using Scene scene = await StartAsync();
        Reply reply = await scene.SendAsync(HttpMethod.Get, "/v1/responses", null, ("Upgrade", "websocket"), ("Connection", "Upgrade"));
        Assert.Equal(426, reply.Status);
        Assert.Contains("POST", Responses.MessageOf(reply), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Codex_is_told_of_models_in_the_form_it_asks_for()
    {
        await using Scene scene = await StartAsync();
        JsonElement model = (await scene.SendAsync(HttpMethod.Get, "/v1/models?client_version=0.150.0")).Json.GetProperty("models")[0];
        Assert.Equal("smart", model.GetProperty("slug").GetString());
        Assert.NotEmpty(model.GetProperty("base_instructions").GetString()!);
        Assert.Equal("tokens", model.GetProperty("truncation_policy").GetProperty("mode").GetString());
        foreach (string member in (string[])["supported_reasoning_levels", "shell_type", "visibility", "supported_in_api", "priority", "upgrade",
            "supports_reasoning_summaries", "support_verbosity", "supports_parallel_tool_calls", "experimental_supported_tools"])
        {
            Assert.True(model.TryGetProperty(member, out _), member);
        }
    }

    private static async Task<Scene> StartAsync()
    {
        Scene scene = await Scene.StartAsync(new SpokenAnthropic());
        scene.Upstream.Always = call => scene.Providers[0].ServeAsync(call, "words of the answer");
        return scene;
    }

    private static Task<Reply> PostAsync(Scene scene, string input, bool stream, string more = "") =>
        scene.PostAsync(Responses, $$"""{"model":"smart","input":{{input}}{{(stream ? ",\"stream\":true" : "")}}{{more}} }""");

    private static JsonElement Answer(Reply reply, bool stream)
    {
        Assert.Equal(200, reply.Status);
        return stream ? Events(reply)[^1].GetProperty("response") : reply.Json;
    }

    private static JsonElement[] Events(Reply reply) =>
    [
        .. reply.Text.Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal))
            .Select(static line => JsonDocument.Parse(line[6..]).RootElement),
    ];

    // Texts of all turns of the request that arrived last.
    private static string[] Said(Scene scene) =>
    [
        .. JsonDocument.Parse(scene.Upstream.Requests[^1].Body).RootElement.GetProperty("messages").EnumerateArray()
            .SelectMany(static turn => turn.GetProperty("content") is { ValueKind: JsonValueKind.Array } blocks
                ? blocks.EnumerateArray().Select(static block => block.GetProperty("text").GetString()!)
                : [turn.GetProperty("content").GetString()!]),
    ];
}

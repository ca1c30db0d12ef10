using System.Text.Encodings.Web;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Sdk.DotNet;

/// <summary>
/// A model that answers with <see cref="Text"/>, or, while it has tools and no result yet, calls <c>get_weather</c> and <c>get_time</c>, in the full
/// native shape of its provider. 16 tokens go in, 4 of them from a cache, and 7 come out.
/// </summary>
internal static class WeatherModel
{
    /// <summary>The text of an answer.</summary>
    public const string Text = "Café “No. 7” is open 🦊";

    private const string City = """{"city":"Zürich"}""";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Every provider, plain and streamed.</summary>
    public static TheoryData<string, bool> Providers => new() { { "openai", false }, { "openai", true }, { "anthropic", false },
        { "anthropic", true } };

    /// <summary>Answers one request that reached <paramref name="provider"/>.</summary>
    public static Task ServeAsync(string provider, UpstreamCall call)
    {
        JsonElement request = JsonDocument.Parse(call.Request.Body).RootElement;
        bool calls = request.TryGetProperty("tools", out _) && request.GetProperty("messages").GetArrayLength() < 3;
        bool streams = request.TryGetProperty("stream", out JsonElement stream) && stream.GetBoolean();
        return (provider, streams) switch
        {
            ("openai", false) => call.AnswerAsync(200, Json(OpenAI(calls))),
            ("openai", true) => call.StreamAsync([.. OpenAIChunks(calls).Select(chunk => $"data: {Json(chunk)}\n\n"), "data: [DONE]\n\n"]),
            (_, false) => call.AnswerAsync(200, Json(Anthropic(
                calls ? [Weather(new { city = "Zürich" }), Time] : [TextBlock(Text)], calls ? "tool_use" : "end_turn"))),
            (_, true) => call.StreamAsync(AnthropicEvents(calls).Select(Named)),
        };
    }

    /// <summary>Checks that a request brings the results of both calls, each under the id of its call.</summary>
    public static void GotResults(string provider, UpstreamRequest request)
    {
        JsonElement[] messages = [.. JsonDocument.Parse(request.Body).RootElement.GetProperty("messages").EnumerateArray()
            .Where(message => message.GetProperty("role").GetString() is not "system")];
        bool isOpenAI = provider == "openai";
        IEnumerable<JsonElement> calls = messages[1].GetProperty(isOpenAI ? "tool_calls" : "content").EnumerateArray();
        IEnumerable<JsonElement> results = isOpenAI ? messages[2..] : messages[2].GetProperty("content").EnumerateArray();
        Assert.Equal(calls.Select(call => call.GetProperty("id").GetString()),
            results.Select(result => result.GetProperty(isOpenAI ? "tool_call_id" : "tool_use_id").GetString()));
        Assert.Equal(["result of get_weather", "result of get_time"], results.Select(result => Flat(result.GetProperty("content"))));
    }

    private static string? Flat(JsonElement content) => content.ValueKind == JsonValueKind.String ? content.GetString()
        : content[0].GetProperty("text").GetString();

    private static object OpenAIUsage => new { prompt_tokens = 16, completion_tokens = 7, total_tokens = 23, prompt_tokens_details =
        new { cached_tokens = 4 }, completion_tokens_details = new { reasoning_tokens = 0 } };

    private static object AnthropicUsage => new
    {
        input_tokens = 12, cache_creation_input_tokens = 0, cache_read_input_tokens = 4, output_tokens = 7, cache_creation = (object?)null,
        inference_geo = (object?)null,
        output_tokens_details = (object?)null, server_tool_use = (object?)null, service_tier = "standard", speed = (object?)null,
    };

    private static object Time => new { type = "tool_use", id = "toolu_2", name = "get_time", input = new { }, caller = new { type = "direct" } };

    private static object Weather(object input) => new { type = "tool_use", id = "toolu_1", name = "get_weather", input, caller =
        new { type = "direct" } };

    private static object TextBlock(string text) => new { type = "text", text, citations = (object?)null };

    private static object OpenAI(bool calls)
    {
        object[]? tools = calls
            ? [new { id = "call_1", type = "function", function = new { name = "get_weather", arguments = City } },
                new { id = "call_2", type = "function", function = new { name = "get_time", arguments = "{}" } }]
            : null;
        var message = new { role = "assistant", content = calls ? null : Text, refusal = (string?)null, annotations = Array.Empty<object>(),
            tool_calls = tools };
        var choice = new { index = 0, message, logprobs = (object?)null, finish_reason = calls ? "tool_calls" : "stop" };
        return new { id = "chatcmpl-1", @object = "chat.completion", created = 1741570283, model = "gpt-5.1", choices = new[] { choice }, usage =
            OpenAIUsage, service_tier = "default" };
    }

    private static IEnumerable<object> OpenAIChunks(bool calls)
    {
        static object Chunk(object[] choices, object? usage = null) =>
            new { id = "chatcmpl-1", @object = "chat.completion.chunk", created = 1741570283, model = "gpt-5.1", service_tier = "default", choices,
                usage };
        static object Delta(object delta, string? finish_reason = null) => Chunk([new { index = 0, delta, logprobs = (object?)null, finish_reason }]);
        static object Open(int index, string name) => Delta(new { tool_calls =
            new[] { new { index, id = $"call_{index + 1}", type = "function", function = new { name, arguments = "" } } } });
        static object Arguments(int index, string arguments) => Delta(new { tool_calls = new[] { new { index, function = new { arguments } } } });

        object[] content = calls
            ? [Open(0, "get_weather"), Arguments(0, City[..7]), Arguments(0, City[7..]), Open(1, "get_time"), Arguments(1, "{}")]
            : [Delta(new { content = Text[..5] }), Delta(new { content = Text[5..] })];
        return [Delta(new { role = "assistant", content = calls ? null : "", refusal = (string?)null }), .. content,
            Delta(new { }, calls ? "tool_calls" : "stop"), Chunk([], OpenAIUsage)];
    }

    private static object Anthropic(object[] content, string? stop_reason) => new
    {
        id = "msg_1", type = "message", role = "assistant", model = "claude-sonnet-4-5", content, stop_reason, stop_sequence = (string?)null,
        stop_details = (object?)null, container = (object?)null, diagnostics = (object?)null, usage = AnthropicUsage,
    };

    private static IEnumerable<object> AnthropicEvents(bool calls)
    {
        static object Start(int index, object content_block) => new { type = "content_block_start", index, content_block };
        static object Delta(int index, object delta) => new { type = "content_block_delta", index, delta };
        static object Input(string partial_json) => Delta(0, new { type = "input_json_delta", partial_json });
        static object Words(string text) => Delta(0, new { type = "text_delta", text });
        static object Stop(int index) => new { type = "content_block_stop", index };

        object[] content = calls
            ? [Start(0, Weather(new { })), Input(City[..7]), Input(City[7..]), Stop(0), Start(1, Time), Stop(1)]
            : [Start(0, TextBlock("")), Words(Text[..5]), Words(Text[5..]), Stop(0)];
        var end = new { stop_reason = calls ? "tool_use" : "end_turn", stop_sequence = (string?)null, stop_details = (object?)null, container =
            (object?)null };
        return
        [
            new { type = "message_start", message = Anthropic([], null) }, new { type = "ping" }, .. content,
            new { type = "message_delta", delta = end, usage = AnthropicUsage }, new { type = "message_stop" },
        ];
    }

    private static string Named(object data)
    {
        string json = Json(data);
        return $"event: {JsonDocument.Parse(json).RootElement.GetProperty("type").GetString()}\ndata: {json}\n\n";
    }

    private static string Json(object data) => JsonSerializer.Serialize(data, Plain);
}

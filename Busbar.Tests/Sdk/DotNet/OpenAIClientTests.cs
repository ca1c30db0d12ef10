using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;
using OpenAI;
using OpenAI.Chat;

namespace Busbar.Tests.Sdk.DotNet;

/// <summary>The vendor's own client, package OpenAI, in front of the program.</summary>
public sealed class OpenAIClientTests
{
    private static readonly ChatTool[] Tools =
    [
        ChatTool.CreateFunctionTool("get_weather", "The weather.",
            BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""")),
        ChatTool.CreateFunctionTool("get_time", "The time.", BinaryData.FromString("""{"type":"object","properties":{}}""")),
    ];

    public static TheoryData<string, bool> Providers => WeatherModel.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Text_and_usage_arrive(string provider, bool streams)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.Of(provider));
        scene.Upstream.Always = call => WeatherModel.ServeAsync(provider, call);

        Answer answer = await AskAsync(scene, streams, [new SystemChatMessage("Be brief."), new UserChatMessage("Where to?")]);

        Assert.Equal(WeatherModel.Text, answer.Text);
        Assert.Equal(ChatFinishReason.Stop, answer.Finish);
        Assert.Equal((16, 4, 7, 23), (answer.Usage.InputTokenCount, answer.Usage.InputTokenDetails.CachedTokenCount, answer.Usage.OutputTokenCount,
            answer.Usage.TotalTokenCount));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Tools_are_called_in_parallel_and_their_results_go_back(string provider, bool streams)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.Of(provider));
        scene.Upstream.Always = call => WeatherModel.ServeAsync(provider, call);
        List<ChatMessage> messages = [new UserChatMessage("What is it like out there?")];

        Answer asked = await AskAsync(scene, streams, messages, Tools);

        Assert.Equal(ChatFinishReason.ToolCalls, asked.Finish);
        Assert.Equal([("get_weather", "Zürich"), ("get_time", null)], asked.Calls.Select(call => (call.FunctionName, CityOf(call))));

        messages.Add(new AssistantChatMessage(asked.Calls));
        messages.AddRange(asked.Calls.Select(call => new ToolChatMessage(call.Id, $"result of {call.FunctionName}")));
        Answer told = await AskAsync(scene, streams, messages, Tools);

        Assert.Equal(WeatherModel.Text, told.Text);
        WeatherModel.GotResults(provider, scene.Upstream.Requests[1]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_wrong_key_and_a_failing_provider_are_the_clients_own_errors(string provider, bool streams)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.Of(provider));
        scene.Upstream.Always = call => call.AnswerAsync(500, SpokenProtocol.Of(provider).Error("api_error", "Internal error"));

        var refused = await Assert.ThrowsAsync<ClientResultException>(
            () => AskAsync(scene, streams, [new UserChatMessage("Hello")], token: "not-a-token"));
        var failed = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(scene, streams, [new UserChatMessage("Hello")]));

        Assert.Equal((401, 503), (refused.Status, failed.Status));
        Assert.Contains("invalid_api_key", refused.Message);
    }

    private static string? CityOf(ChatToolCall call)
    {
        using JsonDocument arguments = JsonDocument.Parse(call.FunctionArguments);
        return arguments.RootElement.TryGetProperty("city", out JsonElement city) ? city.GetString() : null;
    }

    private static async Task<Answer> AskAsync(Scene scene, bool streams, IEnumerable<ChatMessage> messages, ChatTool[]? tools = null, string token =
        Scene.Token)
    {
        var client = new ChatClient(
            Scene.Pool,
            new ApiKeyCredential(token),
            new OpenAIClientOptions { Endpoint = new Uri($"http://127.0.0.1:{scene.Port}/v1"), RetryPolicy = new ClientRetryPolicy(0) });
        var options = new ChatCompletionOptions();
        foreach (ChatTool tool in tools ?? [])
        {
            options.Tools.Add(tool);
        }

        if (!streams)
        {
            ChatCompletion whole = await client.CompleteChatAsync(messages, options);
            return new(string.Concat(whole.Content.Select(part => part.Text)), whole.FinishReason, whole.ToolCalls, whole.Usage);
        }

        var text = new StringBuilder();
        var calls = new SortedDictionary<int, (string Id, string Name, StringBuilder Arguments)>();
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(messages, options))
        {
            text.Append(string.Concat(update.ContentUpdate.Select(part => part.Text)));
            foreach (StreamingChatToolCallUpdate call in update.ToolCallUpdates)
            {
                calls.TryAdd(call.Index, (call.ToolCallId, call.FunctionName, new StringBuilder()));
                calls[call.Index].Arguments.Append(call.FunctionArgumentsUpdate);
            }

            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        return new(
            text.ToString(),
            finish!.Value,
            [.. calls.Values.Select(call => ChatToolCall.CreateFunctionToolCall(
                call.Id, call.Name, BinaryData.FromString(call.Arguments.ToString())))],
            usage!);
    }

    private sealed record Answer(string Text, ChatFinishReason Finish, IReadOnlyList<ChatToolCall> Calls, ChatTokenUsage Usage);
}

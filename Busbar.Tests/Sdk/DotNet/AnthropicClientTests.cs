using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Helpers;
using Anthropic.Models.Messages;
using Busbar.Tests.Scenarios.Harness;
using AnthropicMessage = Anthropic.Models.Messages.Message;

namespace Busbar.Tests.Sdk.DotNet;

/// <summary>The vendor's own client, package Anthropic, in front of the program; it checks every answer against its types.</summary>
public sealed class AnthropicClientTests
{
    private static readonly ToolUnion[] Tools =
    [
        new Tool { Name = "get_weather", InputSchema = new InputSchema { Properties = Json("""{"city":{"type":"string"}}"""), Required = ["city"] } },
        new Tool { Name = "get_time", InputSchema = new InputSchema() },
    ];

    public static TheoryData<string, bool> Providers => WeatherModel.Providers;

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Text_and_usage_arrive(string provider, bool streams)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.Of(provider));
        scene.Upstream.Always = call => WeatherModel.ServeAsync(provider, call);

        AnthropicMessage answer = await AskAsync(scene, streams, [new UserMessageParam("Where to?")]);

        Assert.Equal(WeatherModel.Text, string.Concat(answer.Content.Select(block => block.TryPickText(out TextBlock? text) ? text.Text : "?")));
        Assert.Equal("end_turn", answer.StopReason?.Raw());
        Assert.Equal((12, 4L, 7), (answer.Usage.InputTokens, answer.Usage.CacheReadInputTokens, answer.Usage.OutputTokens));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Tools_are_called_in_parallel_and_their_results_go_back(string provider, bool streams)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.Of(provider));
        scene.Upstream.Always = call => WeatherModel.ServeAsync(provider, call);
        List<MessageParam> messages = [new UserMessageParam("What is it like out there?")];

        AnthropicMessage asked = await AskAsync(scene, streams, messages, Tools);

        Assert.Equal("tool_use", asked.StopReason?.Raw());
        ToolUseBlock[] calls = [.. asked.Content.Select(block => block.TryPickToolUse(out ToolUseBlock? call) ? call : null).OfType<ToolUseBlock>()];
        Assert.Equal(["get_weather", "get_time"], calls.Select(call => call.Name));
        Assert.Equal("Zürich", calls[0].Input["city"].GetString());
        Assert.Empty(calls[1].Input);

        messages.Add(new AssistantMessageParam(asked.Content.Select(block => new ContentBlockParam(block.Json)).ToList()));
        messages.Add(new UserMessageParam(calls.Select(call => (ContentBlockParam)new ToolResultBlockParam(
            call.ID) { Content = $"result of {call.Name}" }).ToList()));
        AnthropicMessage told = await AskAsync(scene, streams, messages, Tools);

        Assert.Equal("end_turn", told.StopReason?.Raw());
        WeatherModel.GotResults(provider, scene.Upstream.Requests[1]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_wrong_key_and_a_failing_provider_are_the_clients_own_errors(string provider, bool streams)
    {
        await using Scene scene = await Scene.StartAsync(SpokenProtocol.Of(provider));
        scene.Upstream.Always = call => call.AnswerAsync(500, SpokenProtocol.Of(provider).Error("api_error", "Internal error"));

        var refused = await Assert.ThrowsAsync<AnthropicUnauthorizedException>(
            () => AskAsync(scene, streams, [new UserMessageParam("Hello")], token: "not-a-token"));
        await Assert.ThrowsAsync<AnthropicServiceUnavailableException>(() => AskAsync(scene, streams, [new UserMessageParam("Hello")]));

        Assert.Contains("authentication_error", refused.ResponseBody);
        Assert.StartsWith("req_", refused.RequestID);
    }

    private static async Task<AnthropicMessage> AskAsync(Scene scene, bool streams, IReadOnlyList<MessageParam> messages, ToolUnion[]? tools = null,
        string token = Scene.Token)
    {
        using var client = new AnthropicClient { BaseUrl = $"http://127.0.0.1:{scene.Port}", ApiKey = token, MaxRetries = 0, ResponseValidation =
            true };
        var request = new MessageCreateParams { Model = Scene.Pool, MaxTokens = 64, System = "Be brief.", Messages = messages };
        request = tools is null ? request : request with { Tools = tools };
        if (!streams)
        {
            return await client.Messages.Create(request);
        }

        var aggregator = new MessageContentAggregator();
        await foreach (RawMessageStreamEvent _ in aggregator.CollectAsync(client.Messages.CreateStreaming(request)))
        {
        }

        return aggregator.Message();
    }

    private static Dictionary<string, JsonElement> Json(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;
}

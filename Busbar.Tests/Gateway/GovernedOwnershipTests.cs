using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>Ids inside bodies that stand for what a provider keeps: all keys share its account, and none reaches what another had made.</summary>
public sealed class GovernedOwnershipTests
{
    private const string Mine = "sk-bb-canary-mine";
    private const string Other = "sk-bb-canary-other";

    private static readonly SpokenResponses Responses = new();
    private static readonly SpokenAnthropic Anthropic = new();

    /// <summary>Requests that name the item or the container of the answer below.</summary>
    public static TheoryData<string, bool> References
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string body in (string[])
            [
                """{"model":"smart","input":[{"type":"item_reference","id":"msg_1"}]}""",
                """{"model":"smart","input":[{"id":"msg_1"}]}""",
                """{"model":"smart","input":[{"id":"msg_1","type":null}]}""",
                """{"model":"smart","input":[{"role":"user","content":"hi"},{"\u0069d":"msg\u005f1","type":"item_referenc\u0065"}]}""",
                """{"model":"smart","input":[],"input":[{"type":"item_reference","id":"none","id":"msg_1"}]}""",
                """{"model":"smart","input":[{"type":"message","type":"item_reference","id":"msg_1"}]}""",
                """{"model":"smart","input":"go on","tools":[{"type":"code_interpreter","container":"cntr_1"}]}""",
            ])
            {
                data.Add(body, false);
                data.Add(body, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(References))]
    public async Task An_item_or_a_container_of_another_key_is_the_vendors_not_found(string body, bool stream)
    {
        await using GovernedGateway gateway = await StartAsync(Responses);
        const string Item = """{"type":"code_interpreter_call","id":"ci_1","container_id":"cntr_1"}""";
        gateway.Upstream.Always = call => Responses.IsStream(call.Request)
            ? call.StreamAsync(
                [.. Responses.Prelude,
                "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":" + Item + "}\n\n",
            Responses.First("x"), .. Responses.End])
            : call.AnswerAsync(200, Responses.Answer("x").Replace("\"output\":[", $"\"output\":[{Item},", StringComparison.Ordinal));
        Assert.Equal(200, (await gateway.PostAsync(Responses.Path, Mine, Responses.Request("smart", stream, "hi"))).Status);

        Reply own = await gateway.PostAsync(Responses.Path, Mine, body);
        Reply stranger = await gateway.PostAsync(Responses.Path, Other, body);

        Assert.Equal(200, own.Status);
        Responses.IsEnvelope(stranger, 404);
        Assert.Contains("not found.", Responses.MessageOf(stranger));
        Assert.Equal(2, gateway.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("""{"model":"smart","input":[{"type":"item_reference","id":"msg_2"}]}""")]
    [InlineData("""{"model":"smart","input":[{"type":"message","role":"assistant","id":"msg_1","content":[{"type":"output_text","text":"x"}]}]}""")]
    [InlineData("""{"model":"smart","input":"item_reference msg_1 \"id\""}""")]
    [InlineData("""{"model":"smart","input":"go on","tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}""")]
    public async Task What_nobody_is_known_to_own_and_what_a_client_says_itself_pass(string body)
    {
        await using GovernedGateway gateway = await StartAsync(Responses);
        Assert.Equal(200, (await gateway.PostAsync(Responses.Path, Mine, Responses.Request("smart", false, "hi"))).Status);

        Assert.Equal(200, (await gateway.PostAsync(Responses.Path, Other, body)).Status);
    }

    [Theory]
    [InlineData(false, "\"container_1\"")]
    [InlineData(false, "{\"id\":\"container_1\",\"skills\":[]}")]
    [InlineData(true, "\"container_1\"")]
    [InlineData(true, "\"container\\u005f1\"")]
    public async Task A_container_of_another_key_is_not_found_at_Anthropic_either(bool stream, string container)
    {
        await using GovernedGateway gateway = await StartAsync(Anthropic);
        const string Made = "\"container\":{\"id\":\"container_1\",\"expires_at\":\"2026-12-01T00:00:00Z\"},";
        gateway.Upstream.Always = call => Anthropic.IsStream(call.Request)
            ? call.StreamAsync(Anthropic.Stream("x").Select(frame
                => frame.Replace("\"delta\":{\"stop_reason\"", $"\"delta\":{{{Made}\"stop_reason\"", StringComparison.Ordinal)))
            : call.AnswerAsync(200, Anthropic.Answer("x").Replace("\"stop_reason\"", Made + "\"stop_reason\"", StringComparison.Ordinal));
        Assert.Equal(200, (await gateway.PostAsync(Anthropic.Path, Mine, Anthropic.Request("smart", stream, "hi"))).Status);
        string body = Anthropic.Request("smart", false, "hi")
            .Replace("\"messages\"", $"\"container\":{container},\"messages\"", StringComparison.Ordinal);

        Reply own = await gateway.PostAsync(Anthropic.Path, Mine, body);
        Reply stranger = await gateway.PostAsync(Anthropic.Path, Other, body);

        Assert.Equal(200, own.Status);
        Anthropic.IsEnvelope(stranger, 404);
        Assert.Equal("Container with id 'container_1' not found.", Anthropic.MessageOf(stranger));
        Assert.Equal(2, gateway.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("previous_response_id", "\"resp\\u005f1\"", 400)]
    [InlineData("conversation", "{\"id\":\"conv\\u005f1\"}", 404)]
    public async Task An_id_is_the_same_however_its_characters_are_spelt(string member, string id, int status)
    {
        await using GovernedGateway gateway = await StartAsync(Responses);
        gateway.Upstream.Always = call => call.AnswerAsync(200,
            Responses.Answer("x").Replace("\"id\":\"resp_1\"", "\"id\":\"resp_1\",\"conversation\":{\"id\":\"conv_1\"}", StringComparison.Ordinal));
        Assert.Equal(200, (await gateway.PostAsync(Responses.Path, Mine, Responses.Request("smart", false, "hi"))).Status);

        Reply stranger = await gateway.PostAsync(Responses.Path, Other, $$"""{"model":"smart","input":"go on","{{member}}":{{id}}}""");

        Assert.Equal(status, stranger.Status);
        Assert.Single(gateway.Upstream.Requests);
    }

    private static Task<GovernedGateway> StartAsync(SpokenProtocol spoken) =>
        GovernedGateway.StartAsync(new GovernedConfig(spoken), GovernedGateway.Key(Mine), GovernedGateway.Key(Other));
}

using Busbar.Configuration.Model;
using Busbar.Tests.Governance;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>What the access list and the price of a key saw of a request is what the provider gets.</summary>
public sealed class GovernedOutputTests
{
    private const string Secret = "sk-bb-canary-one";
    private const int Cap = 1000;

    private static readonly SpokenOpenAI OpenAI = new();

    /// <summary>
    /// Requests whose limit a provider reads as 65,536 or more, or cannot be held to, though a careless reader sees a small one or none.
    /// </summary>
    public static TheoryData<string, string> Evasions => new()
    {
        { "openai", """{"model":"smart","max_tokens":65536.0,"messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","max_tokens":6.5536e4,"messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","max_tokens":"65536","messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","max_tokens":5,"Max_Tokens":65536,"messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","max_tokens":5,"max_completion_tokens":"65536","messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","max_tokens":500,"n":3.0,"messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","max_tokens":{"a":1},"messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", """{"model":"smart","messages":[{"role":"user","content":"hi"}]}""" },
        { "anthropic", """{"model":"smart","max_tokens":65536.0,"messages":[{"role":"user","content":"hi"}]}""" },
        { "anthropic", """{"model":"smart","max_tokens":5,"max_tokens":"65536","messages":[{"role":"user","content":"hi"}]}""" },
        { "responses", """{"model":"smart","max_output_tokens":65536.0,"input":"hi"}""" },
        { "responses", """{"model":"smart","max_output_tokens":5,"maxOutputTokens":65536,"input":"hi"}""" },
        { "gemini", """{"generationConfig":{"maxOutputTokens":"65536"},"contents":[{"parts":[{"text":"hi"}]}]}""" },
        { "gemini", """{"generationConfig":{"maxOutputTokens":5},"generation_config":{"max_output_tokens":65536},"contents":[{"parts":""" +
            """[{"text":"hi"}]}]}""" },
        { "gemini", """{"generationConfig":{"maxOutputTokens":500,"candidateCount":3},"contents":[{"parts":[{"text":"hi"}]}]}""" },
        { "bedrock", """{"inferenceConfig":{"maxTokens":6.5536e4},"messages":[{"role":"user","content":[{"text":"hi"}]}]}""" },
        { "bedrock",
            """{"inferenceConfig":{"maxTokens":5},"additionalModelRequestFields":{"max_tokens":65536},"messages":[{"role":"user","content":""" +
            """[{"text":"hi"}]}]}""" },
        { "cohere", """{"model":"smart","max_tokens":"65536","messages":[{"role":"user","content":"hi"}]}""" },
        { "cohere", """{"model":"smart","max_tokens":5,"thinking":{"type":"enabled","token_budget":65536},"messages":""" +
            """[{"role":"user","content":"hi"}]}""" },
    };

    [Theory]
    [MemberData(nameof(Evasions))]
    public async Task A_request_that_may_cost_more_than_the_budget_has_left_is_not_sent_however_its_limit_is_written(string protocol, string body)
    {
        // A cent a token, and a model whose longest answer is known.
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(spoken) { Model = "max_concurrent: 5, upstream_model: gpt-4o" },
            GovernedGateway.Key(Secret) with { MaxBudgetCents = Cap });

        Reply reply = await gateway.PostAsync(spoken.PathOf("smart", stream: false), Secret, body);

        Assert.Equal((protocol == "bedrock" ? 400 : 429, "false"), (reply.Status, reply["x-should-retry"]));
        Assert.Contains("budget of this API key", reply.Text);
        Scene.SpeaksLikeTheVendor(reply);
        Assert.Empty(gateway.Upstream.Requests);
    }

    [Fact]
    public async Task A_limit_that_translation_cannot_read_limits_nothing_there()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(new SpokenGemini()) { Model = "max_concurrent: 5, upstream_model: gemini-2.5-pro" },
            GovernedGateway.Key(Secret) with { MaxBudgetCents = Cap });

        Reply text = await gateway.PostAsync(OpenAI.Path, Secret,
            """{"model":"smart","max_tokens":"5","messages":[{"role":"user","content":"hi"}]}""");
        Reply number = await gateway.PostAsync(OpenAI.Path, Secret,
            """{"model":"smart","max_tokens":5.0,"messages":[{"role":"user","content":"hi"}]}""");

        Assert.Equal((429, 200), (text.Status, number.Status));
        Assert.Single(gateway.Upstream.Requests);
    }

    [Fact]
    public async Task A_limit_that_translation_sets_for_endless_thinking_is_beyond_any_budget()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(new SpokenAnthropic()) { Model =
                "max_concurrent: 5, capabilities: { thinking_budget: true, thinking_adaptive: false }" },
            GovernedGateway.Key(Secret) with { MaxBudgetCents = 1_000_000 });

        Reply reply = await gateway.PostAsync(
            new SpokenGemini().PathOf("smart", stream: false), Secret,
            """{"generationConfig":{"thinkingConfig":{"thinkingBudget":9223372036854775807}},"contents":[{"parts":[{"text":"hi"}]}]}""");

        Assert.Equal(429, reply.Status);
        Assert.Empty(gateway.Upstream.Requests);
    }

    [Theory]
    [InlineData("""{"model":"smart","models":["dear"],"messages":[{"role":"user","content":"hi"}]}""", "models")]
    [InlineData("""{"model":"smart","Fallbacks":["dear"],"messages":[{"role":"user","content":"hi"}]}""", "Fallbacks")]
    [InlineData("""{"model":"smart","route":"fallback","messages":[{"role":"user","content":"hi"}]}""", "route")]
    [InlineData("""{"model":"smart","provid\u0065r":{"order":["x"]},"messages":[{"role":"user","content":"hi"}]}""", "provider")]
    [InlineData("""{"model":"smart","extra_body":{"models":["dear"]},"messages":[{"role":"user","content":"hi"}]}""", "models")]
    [InlineData("""{"model":"smart","extra_body":{"model":"dear"},"messages":[{"role":"user","content":"hi"}]}""", "model")]
    [InlineData("""{"model":"smart","providerOptions":{"gateway":{"models":["dear"]}},"messages":[{"role":"user","content":"hi"}]}""", "models")]
    public async Task Members_that_choose_another_model_are_refused_to_keys_with_a_list_or_a_budget(string body, string member)
    {
        const string Listed = "sk-bb-canary-listed", Free = "sk-bb-canary-free";
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI),
            GovernedGateway.Key(Secret) with { MaxBudgetCents = 1_000_000 },
            GovernedGateway.Key(Listed) with { AllowedPools = ["smart"] },
            GovernedGateway.Key(Free));

        Reply[] refused = [await gateway.PostAsync(OpenAI.Path, Secret, body), await gateway.PostAsync(OpenAI.Path, Listed, body)];
        Reply passed = await gateway.PostAsync(OpenAI.Path, Free, body);

        Assert.All(refused, reply => OpenAI.IsEnvelope(reply, 400, "unsupported_parameter"));
        Assert.All(refused, reply => Assert.Equal(member, reply.Json.GetProperty("error").GetProperty("param").GetString()));
        Assert.Equal(200, passed.Status);
        Assert.Single(gateway.Upstream.Requests);
        Assert.Equal(2, gateway.Governor.Read(1).RefusedForAccess);
    }

    [Theory]
    [InlineData("""{"model":"smart","Model":"dear","messages":[]}""")]
    [InlineData("""{"MODEL":"dear","model":"smart","messages":[]}""")]
    [InlineData("""{"model":"smart","Mod\u0065l":"dear","messages":[]}""")]
    [InlineData("""{"model":"smart","mod\u0065l":"dear","messages":[]}""")]
    [InlineData("""{"model":"smart","model":"dear","messages":[]}""")]
    public async Task A_second_model_in_any_spelling_is_refused(string body)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(OpenAI), GovernedGateway.Key(Secret));

        OpenAI.IsEnvelope(await gateway.PostAsync(OpenAI.Path, Secret, body), 400);

        Assert.Empty(gateway.Upstream.Requests);
    }

    [Theory]
    [InlineData("previous_response_id", "\"resp_1\"", 400, "previous_response_not_found")]
    [InlineData("conversation", "\"conv_1\"", 404, "conversation_not_found")]
    [InlineData("conversation", "{\"id\":\"conv_1\"}", 404, "conversation_not_found")]
    public async Task What_a_provider_keeps_does_not_exist_for_another_key(string member, string id, int status, string code)
    {
        const string Other = "sk-bb-canary-other";
        var responses = new SpokenResponses();
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(responses), GovernedGateway.Key(Secret), GovernedGateway.Key(Other));
        string answer = responses.Answer("hello").Replace("\"id\":\"resp_1\"", "\"id\":\"resp_1\",\"conversation\":{\"id\":\"conv_1\"}",
            StringComparison.Ordinal);
        gateway.Upstream.Always = call => call.AnswerAsync(200, answer);
        string next = $$"""{"model":"smart","input":"go on","{{member}}":{{id}}}""";

        Assert.Equal(200, (await gateway.PostAsync(responses.Path, Secret, """{"model":"smart","input":"hi"}""")).Status);
        Assert.Equal(200, (await gateway.PostAsync(responses.Path, Secret, next)).Status);
        Reply stranger = await gateway.PostAsync(responses.Path, Other, next);

        responses.IsEnvelope(stranger, status, code);
        Assert.Contains("not found", stranger.Text);
        Assert.Equal(2, gateway.Upstream.Requests.Count);
        responses.IsEnvelope(await gateway.PostAsync(responses.Path, Other,
            $$"""{"model":"smart","input":"x","{{member}}":"a","{{member}}":{{id}}}"""), 400);
        responses.IsEnvelope(await gateway.PostAsync(responses.Path, Other,
            $$"""{"model":"smart","input":"x","{{member.ToUpperInvariant()}}":{{id}}}"""), 400);
    }

    [Fact]
    public async Task A_report_beyond_all_reason_does_not_end_a_budget()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI), GovernedGateway.Key(Secret) with { MaxBudgetCents = 10_000 });
        gateway.Upstream.Next(call => call.AnswerAsync(200, OpenAI.Answer("x")
            .Replace("\"completion_tokens\":2", "\"completion_tokens\":9007199254740993", StringComparison.Ordinal)));
        string body = OpenAI.Request("smart", false, "hi").Replace("\"messages\"", "\"max_tokens\":10,\"messages\"", StringComparison.Ordinal);

        Assert.Equal(200, (await gateway.PostAsync(OpenAI.Path, Secret, body)).Status);
        Assert.InRange((await gateway.UsageOf(Secret)).SpendNanos, 2 * TestKeys.Cent, 200 * TestKeys.Cent);
        Assert.Equal(1, Assert.Single(await gateway.LedgerOf(Secret)).Estimated);
        Assert.Equal(200, (await gateway.PostAsync(OpenAI.Path, Secret, body)).Status);
    }
}

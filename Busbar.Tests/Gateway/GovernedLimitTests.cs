using System.Globalization;
using System.Text.Json;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Tests.Governance;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>Limits of virtual keys as clients meet them.</summary>
public sealed class GovernedLimitTests
{
    private const string Secret = "sk-bb-canary-one";

    private static readonly SpokenOpenAI OpenAI = new();

    /// <summary>A chat request of each protocol, with <c>NAME</c> for the model.</summary>
    public static TheoryData<string, string, string> Clients => new()
    {
        { "anthropic", "/v1/messages", """{"model":"NAME","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""" },
        { "openai", "/v1/chat/completions", """{"model":"NAME","messages":[{"role":"user","content":"hi"}]}""" },
        { "gemini", "/v1beta/models/NAME:generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""" },
        { "bedrock", "/model/NAME/converse", """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""" },
        { "responses", "/v1/responses", """{"model":"NAME","input":"hi"}""" },
        { "cohere", "/v2/chat", """{"model":"NAME","messages":[{"role":"user","content":"hi"}]}""" },
    };

    [Fact]
    public async Task A_limit_without_room_sends_requests_to_the_pool_that_it_names()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            GovernedGateway.Key(Secret), GovernedGateway.Key("sk-bb-canary-bound") with { AllowedPools = ["smart"] });
        GroupNode team = gateway.Governor.Groups.Put(new Group
        {
            Id = "grp_1", Name = "team", Limits = [new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Day, Max = 1, Downgrade = "m1" }],
        });
        foreach (string secret in (string[])[Secret, "sk-bb-canary-bound"])
        {
            gateway.Governor.Keys.Find(GovernedGateway.Key(secret).Id)!.Group = team;
        }

        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
        Assert.Equal((1, 0), (gateway.Upstreams[0].Requests.Count, gateway.Upstreams[1].Requests.Count));
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
        Assert.Equal((1, 1), (gateway.Upstreams[0].Requests.Count, gateway.Upstreams[1].Requests.Count));

        // Where the key may not go it is not sent.
        Assert.Equal(429, (await gateway.PostAsync(OpenAI, "sk-bb-canary-bound")).Status);
        Assert.Equal(1, team.Counters[0].Read(gateway.Time.GetUtcNow().ToUnixTimeSeconds()).Used);
    }

    [Fact]
    public async Task The_limit_of_a_group_stops_its_keys_in_neutral_words_and_says_when_it_ends()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(GovernedGateway.Key(Secret), GovernedGateway.Key("sk-bb-canary-free"));
        GroupNode team = gateway.Governor.Groups.Put(new Group
        {
            Id = "grp_1", Name = "team", Limits = [new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Hour, Max = 1, Scope = "smart" }],
        });
        gateway.Governor.Keys.Find(GovernedGateway.Key(Secret).Id)!.Group = team;

        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
        Reply refused = await gateway.PostAsync(OpenAI, Secret);

        Assert.Equal(429, refused.Status);
        Assert.Contains("This API key has reached its limit of requests per hour.", refused.Text);
        Assert.DoesNotContain("grp_", refused.Text);
        Assert.Equal("3580", refused["Retry-After"]);
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret, "m0")).Status);
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, "sk-bb-canary-free")).Status);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    [Trait("gotcha", "C222")]
    [Trait("gotcha", "C227")]
    [Trait("gotcha", "C247")]
    public async Task Every_refusal_is_the_vendors_own(string protocol, string path, string body)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            GovernedGateway.Key("sk-bb-canary-acl") with { AllowedPools = ["m0"] },
            GovernedGateway.Key("sk-bb-canary-broke") with { MaxBudgetCents = 0 },
            GovernedGateway.Key("sk-bb-canary-fast") with { RpmLimit = 5 });
        Task<Reply> Ask(string secret) => gateway.PostAsync(path.Replace("NAME", "smart", StringComparison.Ordinal), secret,
            body.Replace("NAME", "smart", StringComparison.Ordinal));

        Reply forbidden = await Ask("sk-bb-canary-acl");
        Reply broke = await Ask("sk-bb-canary-broke");
        for (int call = 0; call < 5; call++)
        {
            Assert.Equal(200, (await Ask("sk-bb-canary-fast")).Status);
        }

        Reply fast = await Ask("sk-bb-canary-fast");

        Assert.Equal((403, protocol == "bedrock" ? 400 : 429, 429), (forbidden.Status, broke.Status, fast.Status));
        (string Acl, string Budget, string Rate) words = protocol switch
        {
            "anthropic" => ("permission_error", "rate_limit_error", "rate_limit_error"),
            "gemini" => ("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"),
            "bedrock" => ("AccessDeniedException", "ServiceQuotaExceededException", "ThrottlingException"),
            "cohere" => ("message", "message", "message"),
            _ => ("permission_error", "\"code\":\"insufficient_quota\"", "rate_limit_error"),
        };
        Assert.Contains(words.Acl, forbidden.Text);
        Assert.Contains(words.Budget, broke.Text);
        Assert.Contains(words.Rate, fast.Text);
        Assert.All([forbidden, broke, fast], Scene.SpeaksLikeTheVendor);
        Assert.Equal(("false", null), (broke["x-should-retry"], broke["Retry-After"]));

        // It is twenty seconds past the minute.
        Assert.Equal(("40", null), (fast["Retry-After"], fast["x-should-retry"]));
        MetricsPage page = await gateway.CountedAsync(8);
        Assert.Equal((8, 5, 3), (page.Sum("busbar_requests_total"), page.Sum("busbar_requests_total", "outcome", "ok"),
            page.Sum("busbar_requests_total", "outcome", "client_error")));
    }

    [Fact]
    [Trait("gotcha", "C223")]
    [Trait("lesson", "27")]
    public async Task Of_fifty_calls_at_once_exactly_the_limit_passes_and_the_next_minute_begins_anew()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(GovernedGateway.Key(Secret) with { RpmLimit = 10 });

        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.PostAsync(OpenAI, Secret)));

        Assert.Equal((10, 40), (replies.Count(reply => reply.Status == 200), replies.Count(reply => reply.Status == 429)));
        Assert.All(replies.Where(reply => reply.Status == 429),
            reply => Assert.Equal(40, int.Parse(reply["Retry-After"]!, CultureInfo.InvariantCulture)));
        gateway.Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
    }

    [Fact]
    [Trait("gotcha", "C244")]
    public async Task What_fails_counts_all_the_same()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI), GovernedGateway.Key(Secret) with { RpmLimit = 3 });
        gateway.Upstream.Always = call => call.AnswerAsync(400, OpenAI.Error("invalid_request_error", "no"));

        int[] statuses = new int[5];
        for (int call = 0; call < statuses.Length; call++)
        {
            statuses[call] = (await gateway.PostAsync(OpenAI, Secret)).Status;
        }

        Assert.Equal([400, 400, 400, 429, 429], statuses);
        Assert.Equal(3, gateway.Upstream.Requests.Count);
    }

    [Fact]
    [Trait("gotcha", "C224")]
    [Trait("gotcha", "C225")]
    public async Task Tokens_count_in_the_minute_in_which_they_become_known()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI), GovernedGateway.Key(Secret) with { TpmLimit = 100 });
        string answer = OpenAI.Answer("x").Replace("\"completion_tokens\":2", "\"completion_tokens\":150", StringComparison.Ordinal);
        gateway.Upstream
            .Next(call => call.AnswerAsync(200, answer))
            .Next(call =>
            {
                gateway.Time.Advance(TimeSpan.FromSeconds(60));
                return call.AnswerAsync(200, answer);
            });

        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
        await gateway.SettledAsync();
        Reply refused = await gateway.PostAsync(OpenAI, Secret);
        gateway.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);
        await gateway.SettledAsync();
        Assert.Equal(429, (await gateway.PostAsync(OpenAI, Secret)).Status);
        gateway.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Secret)).Status);

        Assert.Equal((429, "40"), (refused.Status, refused["Retry-After"]));
    }

    [Fact]
    public async Task Requests_at_once_are_limited_and_a_budget_under_way_is_worth_coming_back_for()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(OpenAI),
            GovernedGateway.Key(Secret) with { MaxConcurrent = 1 },
            GovernedGateway.Key("sk-bb-canary-thin") with { MaxBudgetCents = 60 });
        string body = OpenAI.Request("smart", false, "hi").Replace("\"messages\"", "\"max_tokens\":10,\"messages\"", StringComparison.Ordinal);
        var gate = new TaskCompletionSource();
        gateway.Upstream.Always = async call =>
        {
            await gate.Task;
            await OpenAI.ServeAsync(call);
        };

        Task<Reply> first = gateway.PostAsync(OpenAI.Path, Secret, body);
        Task<Reply> thin = gateway.PostAsync(OpenAI.Path, "sk-bb-canary-thin", body);
        await gateway.Upstream.ArrivedAsync(2);
        Reply second = await gateway.PostAsync(OpenAI.Path, Secret, body);
        Reply held = await gateway.PostAsync(OpenAI.Path, "sk-bb-canary-thin", body);
        gate.SetResult();

        Assert.Equal((200, 200, 429, 429), ((await first).Status, (await thin).Status, second.Status, held.Status));
        Assert.Equal(("1", "1", null), (second["Retry-After"], held["Retry-After"], held["x-should-retry"]));
        Assert.Equal(200, (await gateway.PostAsync(OpenAI.Path, Secret, body)).Status);
    }

    [Theory]
    [InlineData("openai", "anthropic", """{"model":"smart","reasoning_effort":"high","messages":[{"role":"user","content":"hi"}]}""", 20_480)]
    [InlineData("gemini", "anthropic", """{"generationConfig":{"thinkingConfig":{"thinkingBudget":30000}},"contents":[{"parts":[{"text":"hi"}]}]}""",
        34_096)]
    [InlineData("cohere", "anthropic",
        """{"model":"smart","thinking":{"type":"enabled","token_budget":20000},"messages":[{"role":"user","content":"hi"}]}""", 24_096)]
    [InlineData("responses", "anthropic", """{"model":"smart","reasoning":{"effort":"low"},"input":"hi"}""", 8192)]
    [InlineData("openai", "anthropic", """{"model":"smart","messages":[{"role":"user","content":"hi"}]}""", 4096)]
    [InlineData("openai", "responses", """{"model":"smart","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""", 16)]
    [InlineData("openai", "openai", """{"model":"smart","n":3,"messages":[{"role":"user","content":"hi"}]}""", 12_288)]
    public async Task What_is_held_covers_the_output_limit_that_a_lane_is_sent_and_not_only_the_clients(
        string client, string provider, string body, long most)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        string model = provider == "anthropic" ? "max_concurrent: 5, capabilities: { thinking_budget: true, thinking_adaptive: false }"
            : "max_concurrent: 5";
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(serves) { Model = model }, GovernedGateway.Key(Secret) with { MaxBudgetCents = 1_000_000 });
        long held = 0;
        gateway.Upstream.Always = call =>
        {
            held = gateway.Governor.HeldNanos;
            return serves.ServeAsync(call);
        };

        Assert.Equal(200, (await gateway.PostAsync(speaks.PathOf("smart", stream: false), Secret, body)).Status);

        // A cent a token, and two for the request.
        using JsonDocument sent = JsonDocument.Parse(Assert.Single(gateway.Upstream.Requests).Text);
        JsonElement limit = default;
        Assert.True(provider == "openai" || sent.RootElement.TryGetProperty(provider == "anthropic" ? "max_tokens" : "max_output_tokens", out limit));
        Assert.Equal(most, limit.ValueKind == JsonValueKind.Number ? limit.GetInt64() : most);
        Assert.InRange(held / TestKeys.Cent, 2 + most + 1, 2 + most + body.Length);
    }
}

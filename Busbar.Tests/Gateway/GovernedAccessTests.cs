using System.Text.RegularExpressions;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>Which names a virtual key opens, on every way to a model.</summary>
public sealed class GovernedAccessTests
{
    private const string Open = "sk-bb-canary-open";
    private const string Narrow = "sk-bb-canary-narrow";

    private static readonly SpokenOpenAI OpenAI = new();

    /// <summary>Every way to name the model in place of <c>NAME</c>: path and body.</summary>
    public static TheoryData<string, string> Ways => new()
    {
        { "/v1/chat/completions", """{"model":"NAME","messages":[{"role":"user","content":"hi"}]}""" },
        { "/NAME/v1/chat/completions", """{"model":"m0","messages":[{"role":"user","content":"hi"}]}""" },
        { "/v1/messages", """{"model":"NAME","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}""" },
        { "/v1/responses", """{"model":"NAME","input":"hi"}""" },
        { "/v2/chat", """{"model":"NAME","messages":[{"role":"user","content":"hi"}]}""" },
        { "/v1beta/models/NAME:generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""" },
        { "/v1beta/models/NAME:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"hi"}]}]}""" },
        { "/model/NAME/converse", """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""" },
        { "/model/NAME/converse-stream", """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""" },
        { "/v1/messages/count_tokens", """{"model":"NAME","messages":[{"role":"user","content":"hi"}]}""" },
        { "/v1/responses/input_tokens", """{"model":"NAME","input":"hi"}""" },
        { "/v1beta/models/NAME:countTokens", """{"contents":[{"parts":[{"text":"hi"}]}]}""" },
        { "/v1/embeddings", """{"model":"NAME","input":"hi"}""" },
        { "/v2/embed", """{"model":"NAME","texts":["hi"]}""" },
        { "/v1beta/models/NAME:embedContent", """{"content":{"parts":[{"text":"hi"}]}}""" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    [Trait("gotcha", "C228")]
    [Trait("gotcha", "C229")]
    [Trait("lesson", "26")]
    public async Task What_is_not_on_the_list_is_forbidden_on_every_way_and_looks_like_what_does_not_exist(string path, string body)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig { OtherPools = "other: { members: [{ target: m0 }] }" },
            GovernedGateway.Key(Narrow) with { AllowedPools = ["smart"], MaxBudgetCents = 0 });

        Reply[] replies = await Task.WhenAll(((string[])["other", "m0", "p0/m0", "p1/m0", "p0/nothing", "nothing"]).Select(name => gateway.PostAsync(
            path.Replace("NAME", name, StringComparison.Ordinal), Narrow, body.Replace("NAME", name, StringComparison.Ordinal))));

        // The access list comes before the budget, of which there is none left.
        Assert.All(replies, reply => Assert.Equal(403, reply.Status));
        Assert.Single(replies.Select(reply => WithoutIds(reply)).Distinct());
        Assert.All(replies, Scene.SpeaksLikeTheVendor);
        Assert.All(gateway.Upstreams, upstream => Assert.Empty(upstream.Requests));
        MetricsPage page = await gateway.CountedAsync(replies.Length);
        Assert.Equal(replies.Length, page.Sum("busbar_requests_total", "outcome", "client_error"));
        Assert.Equal(replies.Length, page.Sum("busbar_requests_total"));
    }

    [Fact]
    [Trait("gotcha", "C228")]
    [Trait("gotcha", "C229")]
    public async Task What_is_on_the_list_is_open_by_each_of_its_names()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            GovernedGateway.Key(Narrow) with { AllowedPools = ["m0", "smart", "gone"] });

        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Narrow)).Status);
        Assert.Equal(200, (await gateway.PostAsync(OpenAI, Narrow, "m0")).Status);
        Assert.Equal(200, (await gateway.PostAsync("/m0/v1/chat/completions", Narrow, OpenAI.Request("m1", false, "hi"))).Status);
        Assert.Equal(200, (await gateway.PostAsync("/p0/m0/v1/chat/completions", Narrow, OpenAI.Request("m1", false, "hi"))).Status);
        Assert.Equal(403, (await gateway.PostAsync(OpenAI, Narrow, "m1")).Status);
        Assert.Equal(404, (await gateway.PostAsync(OpenAI, Narrow, "gone")).Status);
    }

    [Fact]
    [Trait("gotcha", "C228")]
    public async Task A_fallback_that_the_key_may_not_use_is_passed_over_and_closes_nothing()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig
            {
                OtherPools = """
                    first: { members: [{ target: m0 }], on_exhausted: { action: "fallback_pool:second" } }
                    second: { members: [{ target: m0 }], on_exhausted: { action: "fallback_pool:third" } }
                    third: { members: [{ target: m1 }] }
                    """,
            },
            GovernedGateway.Key(Narrow) with { AllowedPools = ["first", "second"] },
            GovernedGateway.Key(Open) with { AllowedPools = ["first", "third"] });
        gateway.Upstream.Always = call => call.AnswerAsync(500, OpenAI.Error("server_error", "no"));

        // The last pool has the only lane that works, and its model answers through translation.
        Assert.Equal((503, 0), ((await gateway.PostAsync(OpenAI, Narrow, "first")).Status, gateway.Upstreams[1].Requests.Count));
        Assert.Equal((200, 1), ((await gateway.PostAsync(OpenAI, Open, "first")).Status, gateway.Upstreams[1].Requests.Count));
        Assert.Equal(403, (await gateway.PostAsync(OpenAI, Open, "second")).Status);
    }

    [Theory]
    [InlineData("/v1/models", "anthropic-version")]
    [InlineData("/v1/models", "x")]
    [InlineData("/v1beta/models", "x")]
    public async Task Listings_show_what_the_key_may_use(string path, string header)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig { OtherPools = "hidden: { members: [{ target: m0 }] }" },
            GovernedGateway.Key(Open),
            GovernedGateway.Key(Narrow) with { AllowedPools = ["smart", "m1"] });
        gateway.Client.DefaultRequestHeaders.Add(header, "2023-06-01");

        string all = (await gateway.GetAsync(path, Open)).Text;
        string some = (await gateway.GetAsync(path, Narrow)).Text;

        Assert.All(["smart", "hidden", "m0", "m1"], name => Assert.Contains($"{name}\"", all));
        Assert.All(["smart", "m1"], name => Assert.Contains($"{name}\"", some));
        Assert.All(["hidden", "m0"], name => Assert.DoesNotContain($"{name}\"", some));
        Assert.Equal(200, (await gateway.GetAsync(path + "/m1", Narrow)).Status);
        Reply hidden = await gateway.GetAsync(path + "/hidden", Narrow);
        Reply missing = await gateway.GetAsync(path + "/nothing", Narrow);
        Assert.Equal((404, 404), (hidden.Status, missing.Status));
        Assert.Equal(WithoutIds(hidden).Replace("hidden", "nothing", StringComparison.Ordinal), WithoutIds(missing));
    }

    [Fact]
    [Trait("gotcha", "C251")]
    public async Task Stats_are_for_operators_and_show_all_pools_and_lanes()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig { OtherPools = "one: { members: [{ target: m0 }] }" },
            GovernedGateway.Key(Open),
            GovernedGateway.Key(Narrow) with { AllowedPools = ["one"] });

        var all = (await gateway.GetAsync("/stats", GovernedGateway.AdminToken)).Json;

        Assert.Equal(2, all.GetProperty("lanes").GetArrayLength());
        Assert.Equal(["one", "smart"], all.GetProperty("pools").EnumerateObject().Select(pool => pool.Name));
        Assert.Equal(3, all.GetProperty("lanes")[0].GetProperty("cells").GetArrayLength());
        Assert.Equal((403, 403, 401), ((await gateway.GetAsync("/stats", Open)).Status, (await gateway.GetAsync("/stats", Narrow)).Status,
            (await gateway.GetAsync("/stats", "wrong")).Status));
    }

    [Fact]
    public async Task Metrics_are_for_operators()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            GovernedGateway.Key(Open), GovernedGateway.Key(Narrow) with { AllowedPools = ["smart"] });

        Assert.Equal(403, (await gateway.GetAsync("/metrics", Open)).Status);
        Assert.Equal(403, (await gateway.GetAsync("/metrics", Narrow)).Status);
        Assert.Equal(200, (await gateway.GetAsync("/metrics", GovernedGateway.AdminToken)).Status);
        Assert.Equal(200, (await gateway.GetAsync("/metrics", GovernedGateway.AdminToken, "x-admin-token", "")).Status);
        Assert.Equal(401, (await gateway.GetAsync("/metrics", GovernedGateway.AdminToken, "x-api-key", "")).Status);
        Assert.Equal(401, (await gateway.GetAsync("/metrics", "wrong")).Status);
        Assert.Equal(401, (await gateway.PostAsync(OpenAI, GovernedGateway.AdminToken)).Status);
    }

    // Ids are new each time; everything else of an answer must be the same.
    internal static string WithoutIds(Reply reply) => Regex.Replace(reply.Text, "req_[A-Za-z0-9]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID");
}

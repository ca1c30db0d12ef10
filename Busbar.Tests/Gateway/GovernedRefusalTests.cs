using Busbar.Tests.Scenarios;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>
/// What clients of every protocol hear when the gateway itself refuses: whole and streamed, native, and in words that are nobody else's.
/// </summary>
public sealed class GovernedRefusalTests
{
    private const string Broke = "sk-bb-canary-broke";
    private const string Fast = "sk-bb-canary-fast";
    private const string Wide = "sk-bb-canary-wide";

    public static TheoryData<string, bool> Forms => Cases.Forms;

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_spent_budget_is_told_neutrally_and_not_to_be_tried_again(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(spoken), GovernedGateway.Key(Broke) with { MaxBudgetCents = 0 });

        Reply reply = await AskAsync(gateway, spoken, Broke, stream);

        Assert.Equal((protocol == "bedrock" ? 400 : 429, "application/json"), (reply.Status, reply["Content-Type"]));
        Assert.Equal("The budget of this API key is used up for this period.", spoken.MessageOf(reply));
        Assert.Equal(("false", null), (reply["x-should-retry"], reply["Retry-After"]));
        IsNative(reply, protocol, "insufficient_quota", "ServiceQuotaExceededException");
        Assert.Empty(gateway.Upstream.Requests);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_request_that_what_is_left_does_not_cover_hears_what_would_fit(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(spoken) { Model = "max_concurrent: 5, upstream_model: gpt-4o" },
            GovernedGateway.Key(Broke) with { MaxBudgetCents = 5 });

        Reply reply = await AskAsync(gateway, spoken, Broke, stream);

        Assert.Equal((protocol == "bedrock" ? 400 : 429, "false"), (reply.Status, reply["x-should-retry"]));
        Assert.StartsWith("What is left of the budget of this API key does not cover this request.", spoken.MessageOf(reply),
            StringComparison.Ordinal);
        IsNative(reply, protocol, "insufficient_quota", "ServiceQuotaExceededException");
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_rate_is_told_neutrally_with_the_time_to_come_back(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(spoken), GovernedGateway.Key(Fast) with { RpmLimit = 1 });
        Assert.Equal(200, (await AskAsync(gateway, spoken, Fast, stream)).Status);

        Reply reply = await AskAsync(gateway, spoken, Fast, stream);

        Assert.Equal((429, "application/json"), (reply.Status, reply["Content-Type"]));
        Assert.Equal("This API key has reached its limit of requests per minute. Please try again later.", spoken.MessageOf(reply));

        // It is twenty seconds past the minute; who waits is served, so that nobody is told not to try.
        Assert.Equal(("40", null), (reply["Retry-After"], reply["x-should-retry"]));
        IsNative(reply, protocol, "rate_limit_exceeded", "ThrottlingException");
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_credential_that_is_missing_or_wrong_is_not_to_be_tried_again(string protocol, bool stream)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(new GovernedConfig(spoken), GovernedGateway.Key(Wide));

        foreach (string secret in (string[])["", "sk-bb-canary-nobody"])
        {
            Reply reply = await AskAsync(gateway, spoken, secret, stream);

            spoken.IsEnvelope(reply, 401);
            Scene.SpeaksLikeTheVendor(reply);
            Assert.Equal("false", reply["x-should-retry"]);
        }

        Assert.Empty(gateway.Upstream.Requests);
    }

    private static Task<Reply> AskAsync(GovernedGateway gateway, SpokenProtocol spoken, string secret, bool stream) =>
        gateway.PostAsync(spoken.PathOf("smart", stream), secret, spoken.Request("smart", stream, "hello"));

    private static void IsNative(Reply reply, string protocol, string code, string exception)
    {
        Scene.SpeaksLikeTheVendor(reply);
        Assert.DoesNotContain("billing", reply.Text, StringComparison.OrdinalIgnoreCase);
        switch (protocol)
        {
            case "openai" or "responses":
                Assert.Equal(code, reply.Json.GetProperty("error").GetProperty("code").GetString());
                break;
            case "anthropic":
                Assert.Equal("rate_limit_error", reply.Json.GetProperty("error").GetProperty("type").GetString());
                break;
            case "gemini":
                Assert.Equal((429, "RESOURCE_EXHAUSTED"), (reply.Json.GetProperty("error").GetProperty("code").GetInt32(),
                    reply.Json.GetProperty("error").GetProperty("status").GetString()));
                break;
            case "bedrock":
                Assert.Equal((exception, exception), (reply.Json.GetProperty("__type").GetString(), reply["x-amzn-errortype"]));
                break;
            default:
                Assert.Equal(["id", "message"], reply.Json.EnumerateObject().Select(member => member.Name).Order());
                break;
        }
    }
}

using System.Net;
using System.Text;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>Who gets in with a virtual key, and for how long.</summary>
public sealed class GovernedKeyTests
{
    private const string Secret = "sk-bb-canary-one";

    private static readonly SpokenOpenAI OpenAI = new();

    public static TheoryData<string, string, string> Clients => GovernedLimitTests.Clients;

    [Theory]
    [MemberData(nameof(Clients))]
    [Trait("gotcha", "C91")]
    [Trait("gotcha", "C93")]
    [Trait("gotcha", "C102")]
    public async Task Missing_wrong_disabled_expired_and_empty_secrets_get_one_native_answer(string protocol, string path, string body)
    {
        long now = GovernedGateway.Start.ToUnixTimeSeconds();
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            GovernedGateway.Key("sk-bb-canary-off") with { Enabled = false },
            GovernedGateway.Key("sk-bb-canary-late") with { ExpiresAt = now },
            GovernedGateway.Key(""));
        path = path.Replace("NAME", "smart", StringComparison.Ordinal);
        body = body.Replace("NAME", "smart", StringComparison.Ordinal);

        var answers = new List<string>();
        foreach (string? presented in (string?[])[null, "", " ", "sk-bb-canary-none", "sk-bb-canary-off", "sk-bb-canary-late",
            GovernedGateway.AdminToken])
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content =
                new StringContent(body, Encoding.UTF8, "application/json") };
            if (presented is not null)
            {
                message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + presented);
            }

            Reply reply = await Reply.ReadAsync(await gateway.Client.SendAsync(message));
            Scene.SpeaksLikeTheVendor(reply);
            answers.Add($"{reply.Status} {GovernedAccessTests.WithoutIds(reply)}");
        }

        string answer = Assert.Single(answers.Distinct());
        Assert.StartsWith(protocol switch { "gemini" => "400 ", "bedrock" => "403 ", _ => "401 " }, answer);
        Assert.Equal(0, gateway.Page().Sum("busbar_requests_total"));
        Assert.Equal(7, gateway.Page().Sum("busbar_auth_rejections_total"));
    }

    [Theory]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", "bEaReR ")]
    [InlineData("x-api-key", "")]
    [InlineData("x-goog-api-key", "")]
    [InlineData("api-key", "")]
    [Trait("gotcha", "C85")]
    [Trait("gotcha", "C86")]
    public async Task A_key_works_in_every_carrier(string header, string scheme)
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(GovernedGateway.Key(Secret));

        for (int call = 0; call < 2; call++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, OpenAI.Path) { Content =
                new StringContent(OpenAI.Request("smart", false, "hi")) };
            message.Headers.TryAddWithoutValidation(header, scheme + Secret);
            using HttpResponseMessage response = await gateway.Client.SendAsync(message);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.All(gateway.Upstream.Requests, request => Assert.DoesNotContain(
            request.Headers, each => each.Value.Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("gotcha", "C217")]
    public async Task A_kept_alive_connection_notices_at_once_what_becomes_of_its_key()
    {
        VirtualKey key = GovernedGateway.Key(Secret);
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(key);
        async Task<int> StatusAsync(string secret = Secret) => (await gateway.PostAsync(OpenAI, secret)).Status;
        long Now() => gateway.Time.GetUtcNow().ToUnixTimeSeconds();

        Assert.Equal((200, 200), (await StatusAsync(), await StatusAsync()));

        gateway.Governor.Keys.TryUpdate(key with { Enabled = false });
        Assert.Equal(401, await StatusAsync());
        gateway.Governor.Keys.TryUpdate(key);
        Assert.Equal(200, await StatusAsync());

        gateway.Governor.Keys.TryUpdate(key with { ExpiresAt = Now() + 10 });
        Assert.Equal(200, await StatusAsync());
        gateway.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(401, await StatusAsync());

        VirtualKey rotated = key with { Digest = KeyDigest.Of("sk-bb-canary-two"), FormerDigest = key.Digest, FormerUntil = Now() + 60 };
        gateway.Governor.Keys.TryUpdate(rotated);
        Assert.Equal((200, 200), (await StatusAsync(), await StatusAsync("sk-bb-canary-two")));
        gateway.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal((401, 200), (await StatusAsync(), await StatusAsync("sk-bb-canary-two")));

        gateway.Governor.Keys.Remove(key.Id);
        Assert.Equal(401, await StatusAsync("sk-bb-canary-two"));
        Assert.Equal(1, gateway.Upstreams.Max(upstream => upstream.OpenConnections));
    }

    [Fact]
    public async Task A_connection_may_change_hands_between_keys()
    {
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(GovernedGateway.Key(Secret), GovernedGateway.Key("sk-bb-canary-two"));

        for (int round = 0; round < 3; round++)
        {
            await gateway.PostAsync(OpenAI, Secret);
            await gateway.PostAsync(OpenAI, "sk-bb-canary-two");
        }

        Assert.Equal((3L, 3L), ((await gateway.UsageOf(Secret)).Requests, (await gateway.UsageOf("sk-bb-canary-two")).Requests));
    }
}

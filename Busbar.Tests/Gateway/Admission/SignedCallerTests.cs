using System.Text;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;

namespace Busbar.Tests.Gateway.Admission;

/// <summary>AWS clients whose access key belongs to a virtual key.</summary>
public sealed class SignedCallerTests
{
    private const string AccessKey = "AKIAIOSFODNN7EXAMPLE";
    private const string SecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    private const string Path = "/model/smart/converse";
    private const string Body = """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""";
    private const string Secret = "sk-bb-canary-one";

    private static readonly string Master = new('7', 64);

    private static readonly GovernedConfig Shape = new() { Prices = $"price_per_request_cents: 2, master_key_env: MASTER" };

    [Fact]
    [Trait("gotcha", "T264")]
    public async Task A_signature_opens_what_the_key_opens_and_pays_like_it()
    {
        await using GovernedGateway gateway = await StartAsync(key => key with { AllowedPools = ["smart"] });

        Reply served = await SendAsync(gateway, Signed());
        Reply again = await SendAsync(gateway, Signed());
        Reply forbidden = await SendAsync(gateway, Signed(path: "/model/m0/converse"), path: "/model/m0/converse");

        Assert.Equal((200, 200, 403), (served.Status, again.Status, forbidden.Status));
        Assert.Equal(2, (await gateway.UsageOf(Secret)).Requests);
        Assert.All(gateway.Upstream.Requests, request => Assert.DoesNotContain(
            request.Headers, header => header.Value.Contains(AccessKey, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("id")]
    [InlineData("early")]
    [InlineData("late")]
    [InlineData("body")]
    [InlineData("path")]
    [InlineData("disabled")]
    [InlineData("expired")]
    [InlineData("resealed")]
    [InlineData("garbage")]
    [InlineData("stream")]
    [Trait("gotcha", "T264")]
    [Trait("gotcha", "C93")]
    public async Task Whatever_is_wrong_with_a_signature_the_answer_is_the_same(string wrong)
    {
        await using GovernedGateway gateway = await StartAsync(key => wrong switch
        {
            "disabled" => key with { Enabled = false },
            "expired" => key with { ExpiresAt = GovernedGateway.Start.ToUnixTimeSeconds() },
            "resealed" => key with { AccessKey = Box(new string('8', 64)).Seal(key.Id, AccessKey, new Secret(SecretKey)) },
            _ => key,
        });
        SigV4Headers headers = wrong switch
        {
            "secret" => Signed(secret: "another"),
            "id" => Signed(id: "AKIANOBODY"),
            "early" => Signed(offset: -301),
            "late" => Signed(offset: 301),
            "garbage" => Signed() with { Authorization = "AWS4-HMAC-SHA256 Credential=" },
            _ => Signed(),
        };

        Reply reply = await SendAsync(gateway, headers, wrong == "path" ? "/model/m0/converse" : wrong == "stream" ? Path + "-stream" : Path,
            wrong == "body" ? Body + " " : Body);

        Reply unknown = await gateway.PostAsync(Path, "sk-bb-canary-nobody", Body);
        Assert.Equal((403, unknown.Text), (reply.Status, reply.Text));
        Assert.Equal("AccessDeniedException", reply["x-amzn-errortype"]);
        Assert.All(gateway.Upstreams, upstream => Assert.Empty(upstream.Requests));
        Assert.Equal(2, gateway.Page().Sum("busbar_auth_rejections_total"));
        Assert.Equal(0, gateway.Page().Sum("busbar_requests_total"));
    }

    [Fact]
    [Trait("gotcha", "C109")]
    public async Task Without_a_master_key_and_outside_of_bedrocks_paths_no_signature_is_valid()
    {
        await using GovernedGateway bare = await GovernedGateway.StartAsync(Key(key => key));
        await using GovernedGateway gateway = await StartAsync(key => key);

        Assert.Equal(403, (await SendAsync(bare, Signed())).Status);
        Assert.Equal(401, (await SendAsync(gateway, Signed(path: "/v1/chat/completions"), "/v1/chat/completions",
            """{"model":"smart","messages":[]}""")).Status);
        Assert.Equal(403, (await SendAsync(gateway, Signed(path: "/model/smart/nonsense/converse/x"), "/model/smart/converse", Body)).Status);
    }

    private static Task<GovernedGateway> StartAsync(Func<VirtualKey, VirtualKey> change) => GovernedGateway.StartAsync(Shape, Key(change));

    private static VirtualKey Key(Func<VirtualKey, VirtualKey> change)
    {
        VirtualKey key = GovernedGateway.Key(Secret);
        return change(key with { AccessKey = Box(Master).Seal(key.Id, AccessKey, new Secret(SecretKey)) });
    }

    private static SecretBox Box(string master) => new(MasterKey.Parse(master)!);

    private static SigV4Headers Signed(string id = AccessKey, string secret = SecretKey, int offset = 0, string path = Path)
    {
        Assert.True(AwsCredential.TryParse($"{id}:{secret}", out AwsCredential? credential));
        return SigV4Signer.Sign(credential, "us-east-1", "gateway.test", path, GovernedGateway.Start.AddSeconds(offset),
            Encoding.UTF8.GetBytes(Body));
    }

    private static async Task<Reply> SendAsync(GovernedGateway gateway, SigV4Headers signed, string path = Path, string body = Body)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        message.Content.Headers.ContentType = new("application/json");
        message.Headers.Host = "gateway.test";
        message.Headers.TryAddWithoutValidation("Authorization", signed.Authorization);
        message.Headers.TryAddWithoutValidation("x-amz-date", signed.Date);
        message.Headers.TryAddWithoutValidation("x-amz-content-sha256", signed.ContentSha256);
        return await Reply.ReadAsync(await gateway.Client.SendAsync(message));
    }
}

using Busbar.Tests.Scenarios.Harness;
using static Busbar.Tests.Scenarios.Identity.TokenService;

namespace Busbar.Tests.Scenarios.Identity;

/// <summary>Services that hang, lie, or are not there.</summary>
public sealed class MetadataFaultScenarios
{
    private static readonly SpokenProtocol Bedrock = SpokenProtocol.Of("bedrock");

    [Theory]
    [InlineData("html", "is not JSON")]
    [InlineData("wrong", "has no usable AccessKeyId")]
    [InlineData("ended", "has already ended")]
    [InlineData("huge", "is longer than")]
    [InlineData("endless", "does not say when the credential ends")]
    [InlineData("refused", "(HTTP 500)")]
    [InlineData("closed", "the container's credentials endpoint: ")]
    public async Task A_service_that_lies_is_named_and_the_client_sees_its_native_503(string how, string words)
    {
        await using var service = new TokenService
        {
            Answer = (call, number) => how switch
            {
                "html" => call.AnswerAsync(200, "<html>canary</html>"u8.ToArray(), "text/html"),
                "wrong" => call.AnswerAsync(200, """{"SecretAccessKey":"canary"}"""),
                "ended" => call.AnswerAsync(200, Keys(number, TimeSpan.FromMinutes(-1))),
                "huge" => call.AnswerAsync(200, new byte[1024 * 1024]),
                "endless" => call.AnswerAsync(200, """{"AccessKeyId":"A","SecretAccessKey":"canary","Token":"canary","Expiration":"canary"}"""),
                "refused" => call.AnswerAsync(500, "canary"),
                _ => Closed(call),
            },
        };
        await using Scene scene = await StartAsync(service, "aws", ("AWS_CONTAINER_CREDENTIALS_FULL_URI", service.Address + "/creds"));

        Bedrock.IsEnvelope(await scene.PostAsync(Bedrock), 503);

        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(words, StringComparison.Ordinal), words);
        Assert.Empty(scene.Upstream.Requests);
        await scene.ChargedAsync(0, err: 1);
    }

    [Fact]
    public async Task A_metadata_service_that_hangs_counts_as_absent()
    {
        await using var service = new TokenService { Answer = (call, _) => call.SilenceAsync() };
        await using Scene scene = await StartAsync(service, "aws", ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.Address));

        Bedrock.IsEnvelope(await scene.PostAsync(Bedrock), 503);

        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("no AWS credentials: neither", StringComparison.Ordinal),
            "the chain went on");
    }

    [Fact]
    public async Task A_metadata_service_that_is_slow_but_there_is_waited_for()
    {
        var slow = new TaskCompletionSource();
        await using var service = new TokenService();
        service.Answer = async (call, number) =>
        {
            if (call.Request.Path == "/")
            {
                slow.TrySetResult();
                await call.AnswerAsync(404, "");
                return;
            }

            await slow.Task;
            await call.AnswerAsync(200, call.Request.Path.EndsWith("/r", StringComparison.Ordinal) ? Keys(number) : "r");
        };
        await using Scene scene = await StartAsync(service, "aws", ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.Address));

        await ReadyAsync(scene);
        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);
    }

    [Fact]
    public async Task A_crowd_that_waits_for_the_first_credential_asks_once_and_a_short_one_is_renewed_ahead_of_its_end()
    {
        var open = new TaskCompletionSource();
        await using var service = new TokenService();
        service.Answer = async (call, number) =>
        {
            await open.Task;
            await call.AnswerAsync(200, Keys(number, number == 1 ? TimeSpan.FromSeconds(8) : TimeSpan.FromHours(1)));
        };
        await using Scene scene = await StartAsync(service, "aws", ("AWS_CONTAINER_CREDENTIALS_FULL_URI", service.Address + "/creds"));

        Task<Reply>[] crowd = [.. Enumerable.Range(0, 10).Select(_ => scene.PostAsync(Bedrock))];
        await Eventually.TrueAsync(() => service.Requests.Count == 1, "asked");
        open.SetResult();
        Assert.All(await Task.WhenAll(crowd), reply => Assert.Equal(200, reply.Status));
        Assert.Single(service.Requests);

        // Nobody asks for anything, and no request pays for the renewal.
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Split("a credential from container").Length == 3, "renewed");
        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);
        Assert.Contains("Credential=ASIA2/", scene.Upstream.Requests[^1]["Authorization"]);
    }

    [Fact]
    public async Task A_reload_keeps_the_credential_and_another_identity_gets_its_own()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Role(number)) };
        var config = new SceneConfig(Bedrock)
        {
            Identity = """{ type: aws, role_arn: "arn:aws:iam::123456789012:role/one", region: eu-west-1 }""",
            Environment = service.Variables(("AWS_ACCESS_KEY_ID", "AKIAOWN"), ("AWS_SECRET_ACCESS_KEY", "canary-own-secret")),
            Always = call => Bedrock.ServeAsync(call),
        };
        await using Scene scene = await Scene.StartAsync(config);
        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        scene.Reload(config with { Model = "max_concurrent: 21" });
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("configuration reloaded", StringComparison.Ordinal), "reloaded");
        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);
        Assert.Single(service.Requests);

        scene.Reload(config with { Identity = config.Identity!.Replace("role/one", "role/two", StringComparison.Ordinal) });
        await Eventually.TrueAsync(() => service.Requests.Count == 2, "the other role");
        Assert.Equal("arn:aws:iam::123456789012:role/two", Form(service.Requests[1])["RoleArn"]);
    }

    [Fact]
    public async Task No_address_of_a_provider_leads_to_a_metadata_service()
    {
        GatewayProcess gateway = GatewayProcess.Run(["--validate"], """
            auth: { mode: token, client_tokens: [a-token] }
            providers:
              p: { protocol: openai, base_url: "http://169.254.169.254/latest", allow_private_network: true, identity: aws }
            models:
              m: { provider: p, max_concurrent: 1 }
            """);
        await using var _ = gateway;

        Assert.NotEqual(0, await gateway.ExitedAsync());
        Assert.Contains("providers.p.base_url", gateway.StandardError + gateway.StandardOutput);
    }

    private static Task Closed(UpstreamCall call)
    {
        call.Close();
        return Task.CompletedTask;
    }

    private static Task<Scene> StartAsync(TokenService service, string identity, params (string, string)[] variables)
        => Scene.StartAsync(new SceneConfig(Bedrock)
    {
        Identity = identity,
        Environment = service.Variables(variables),
        Always = call => Bedrock.ServeAsync(call),
    });
}

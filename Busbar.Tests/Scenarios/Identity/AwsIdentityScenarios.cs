using Busbar.Tests.Scenarios.Harness;
using Busbar.Tests.Upstream.SigV4;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;
using UpstreamRequest = Busbar.Tests.Scenarios.Harness.UpstreamRequest;
using static Busbar.Tests.Scenarios.Identity.TokenService;

namespace Busbar.Tests.Scenarios.Identity;

/// <summary>Bedrock is called with what the chain of AWS gives, and the signature proves it.</summary>
public sealed class AwsIdentityScenarios
{
    private const string Role = "arn:aws:iam::123456789012:role/gateway";

    private static readonly SpokenProtocol Bedrock = SpokenProtocol.Of("bedrock");

    [Fact]
    public async Task A_role_is_assumed_with_the_keys_of_the_environment_and_its_session_signs()
    {
        await using var service = new TokenService();
        await using Scene scene = await StartAsync(
            service,
            $$"""{ type: aws, role_arn: "{{Role}}", external_id: ext-1, session_name: tests, duration_secs: 900, region: eu-central-1, tags: { """ +
                """team: research } }""",
            ("AWS_ACCESS_KEY_ID", "AKIAOWN"),
            ("AWS_SECRET_ACCESS_KEY", "canary-own-secret"));

        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        UpstreamRequest asked = Assert.Single(service.Requests);
        Dictionary<string, string> form = Form(asked);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["Action"] = "AssumeRole", ["Version"] = "2011-06-15", ["RoleArn"] = Role, ["RoleSessionName"] = "tests", ["DurationSeconds"] = "900",
                ["ExternalId"] = "ext-1", ["Tags.member.1.Key"] = "team", ["Tags.member.1.Value"] = "research",
            },
            form);
        Assert.Contains("Credential=AKIAOWN/", asked["Authorization"]);
        Assert.Contains("/eu-central-1/sts/aws4_request", asked["Authorization"]);
        Signed(scene.Upstream.Requests[0], 1);
        await scene.ChargedAsync(0, ok: 1);
    }

    [Fact]
    public async Task A_web_identity_token_is_exchanged_without_a_signature()
    {
        await using var service = new TokenService();
        string token = service.Write("token", "canary.web.identity\n");
        await using Scene scene = await StartAsync(service, "aws", ("AWS_WEB_IDENTITY_TOKEN_FILE", token), ("AWS_ROLE_ARN", Role),
            ("AWS_REGION", "eu-west-1"));

        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        Assert.Null(service.Requests[0]["Authorization"]);
        Dictionary<string, string> form = Form(service.Requests[0]);
        Assert.Equal(("AssumeRoleWithWebIdentity", Role, "canary.web.identity"), (form["Action"], form["RoleArn"], form["WebIdentityToken"]));
        Signed(scene.Upstream.Requests[0], 1);
    }

    [Fact]
    public async Task A_container_shows_its_token_as_it_stands_in_its_file_now()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Keys(number)) };
        string token = service.Write("pod-token", "canary-pod-1");
        await using Scene scene = await StartAsync(
            service, "aws", ("AWS_CONTAINER_CREDENTIALS_FULL_URI", service.Address + "/v1/credentials"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token));
        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);
        File.WriteAllText(token, "canary-pod-2");

        scene.Upstream.Next(call => call.AnswerAsync(403, """{"message":"The security token included in the request is expired"}""",
            ("x-amzn-errortype", "ExpiredTokenException")));
        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        Assert.Equal(["canary-pod-1", "canary-pod-2"], service.Requests.Select(request => request["Authorization"]));
        Assert.All(service.Requests, request => Assert.Equal("/v1/credentials", request.Path));
        Signed(scene.Upstream.Requests[^1], 2);
        await scene.ChargedAsync(0, ok: 2);
    }

    [Fact]
    public async Task An_instance_gives_its_role_by_the_second_version_of_its_service()
    {
        await using var service = new TokenService
        {
            Answer = (call, _) => (call.Request.Method, call.Request.Path, call.Request["x-aws-ec2-metadata-token"]) switch
            {
                ("PUT", "/latest/api/token", _) => call.AnswerAsync(200, "canary-imds-token"u8.ToArray(), "text/plain"),
                ("GET", "/latest/meta-data/iam/security-credentials/", "canary-imds-token")
                    => call.AnswerAsync(200, "node-role"u8.ToArray(), "text/plain"),
                ("GET", "/latest/meta-data/iam/security-credentials/node-role", "canary-imds-token") => call.AnswerAsync(200, Keys(7)),
                _ => call.AnswerAsync(401, ""),
            },
        };
        await using Scene scene = await StartAsync(service, "aws", ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.Address));
        await ReadyAsync(scene);

        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        Signed(scene.Upstream.Requests[0], 7);
        Assert.Equal("21600", service.Requests[0]["x-aws-ec2-metadata-token-ttl-seconds"]);
        Assert.Equal("instance role node-role", (await scene.GetAsync("/stats")).Json.GetProperty("identities")[0].GetProperty("source").GetString());
    }

    [Fact]
    public async Task A_profile_leads_through_its_source_to_its_role()
    {
        await using var service = new TokenService();
        service.Write(
            ".aws/config", $"[profile deploy]\nrole_arn = {Role}\nsource_profile = base # the keys\nexternal_id = ext-2\nregion = eu-north-1\n");
        service.Write(".aws/credentials", "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = canary-base-secret\n");
        await using Scene scene = await StartAsync(service, "{ type: aws, profile: deploy }", ("AWS_ACCESS_KEY_ID", "AKIAOTHER"),
            ("AWS_SECRET_ACCESS_KEY", "canary-other"));

        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        Assert.Contains("Credential=AKIABASE/", service.Requests[0]["Authorization"]);
        Assert.Contains("/eu-north-1/sts/", service.Requests[0]["Authorization"]);
        Assert.Equal("ext-2", Form(service.Requests[0])["ExternalId"]);
        Signed(scene.Upstream.Requests[0], 1);
    }

    [Fact]
    public async Task A_session_of_identity_center_is_renewed_and_written_back()
    {
        await using var service = new TokenService
        {
            Answer = (call, _) => call.Request.Path.StartsWith("/token", StringComparison.Ordinal)
                ? call.AnswerAsync(200, """{"accessToken":"canary-sso-2","expiresIn":3600,"refreshToken":"canary-refresh-2"}""")
                : call.AnswerAsync(
                    200, $$$"""{"roleCredentials":{"accessKeyId":"ASIA5","secretAccessKey":"canary-role-secret-5","sessionToken":"canary-session-""" +
                    $$$"""5","expiration":{{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds()}}}}}"""),
        };
        service.Write(
            ".aws/config",
        "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n[sso-session corp]\nsso_region = " +
            "eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n");

        // SHA-1 of "corp".
        string cache = service.Write(
            $".aws/sso/cache/{Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData("corp"u8))}.json",
            $$"""{"startUrl":"https://corp.awsapps.com/""" +
                $$"""start","accessToken":"canary-sso-1","expiresAt":"{{Moment(TimeSpan.FromHours(-1))}}","refreshToken":"canary-refresh-1","clie""" +
                $$"""ntId":"c","clientSecret":"canary-client","registrationExpiresAt":"{{Moment(TimeSpan.FromDays(30))}}"}""");
        await using Scene scene = await StartAsync(
            service, "{ type: aws, profile: dev }", ("AWS_ENDPOINT_URL_SSO", service.Address), ("AWS_ENDPOINT_URL_SSO_OIDC", service.Address));

        Assert.Equal(200, (await scene.PostAsync(Bedrock)).Status);

        Assert.Contains("\"refreshToken\":\"canary-refresh-1\"", service.Requests[0].Text);
        Assert.Equal("/federation/credentials?role_name=Dev&account_id=123456789012", service.Requests[1].Path);
        Assert.Equal("canary-sso-2", service.Requests[1]["x-amz-sso_bearer_token"]);
        string kept = File.ReadAllText(cache);
        Assert.Contains("canary-refresh-2", kept);
        Assert.Contains("https://corp.awsapps.com/start", kept);
        Signed(scene.Upstream.Requests[0], 5);
    }

    [Fact]
    public async Task A_role_that_may_not_be_assumed_is_named_and_the_client_sees_its_native_503()
    {
        await using var service = new TokenService
        {
            Answer = (call, _)
                => call.AnswerAsync(
                403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>canary-message</Message></Error></ErrorResponse>"u8.ToArray(), "text/xml"),
        };
        await using Scene scene = await StartAsync(
            service, $$"""{ type: aws, role_arn: "{{Role}}", region: eu-central-1 }""", ("AWS_ACCESS_KEY_ID", "AKIAOWN"),
            ("AWS_SECRET_ACCESS_KEY", "canary-own-secret"));

        Bedrock.IsEnvelope(await scene.PostAsync(Bedrock), 503);

        Assert.Empty(scene.Upstream.Requests);
        const string Reason = $"the role {Role} cannot be assumed: AccessDenied (HTTP 403)";
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(Reason, StringComparison.Ordinal), "the role in the log");
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("reason=auth_unavailable", StringComparison.Ordinal),
            "the reason in the log");
        Assert.Equal(Reason, (await scene.GetAsync("/stats")).Json.GetProperty("identities")[0].GetProperty("failure").GetString());
        MetricsPage page = await scene.MetricsAsync();
        Assert.True(page["busbar_identity_credentials_total", ("provider", "p0"), ("result", "failed")] >= 1);
        Assert.Equal(0, page["busbar_identity_expiry_timestamp_seconds", ("provider", "p0")]);
        Assert.Equal(1, page.Sum("busbar_upstream_failures_total", "disposition", "auth_unavailable"));

        // No half hour of a bad key.
        await scene.ChargedAsync(0, err: 1);
    }

    private static Task<Scene> StartAsync(TokenService service, string identity, params (string, string)[] variables)
        => Scene.StartAsync(new SceneConfig(Bedrock)
    {
        Identity = identity,
        Environment = service.Variables(variables),
        Always = call => Bedrock.ServeAsync(call),
    });

    private static void Signed(UpstreamRequest request, int number)
    {
        var inbound = new SigV4Inbound(request.Method, request.Path, "", name => request[name]);
        Assert.Equal(SigV4Result.Valid, SigV4Check.Verify(inbound, request.Body, _ => $"canary-role-secret-{number}", DateTimeOffset.UtcNow,
            out string id));
        Assert.Equal(($"ASIA{number}", $"canary-session-{number}"), (id, request["x-amz-security-token"]));
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;
using static Busbar.Tests.Scenarios.Identity.TokenService;

namespace Busbar.Tests.Scenarios.Identity;

/// <summary>Vertex AI is called with what Application Default Credentials give.</summary>
public sealed class GoogleIdentityScenarios
{
    private const string Email = "busbar@project.iam.gserviceaccount.com";
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    private static readonly SpokenProtocol Gemini = SpokenProtocol.Of("gemini");

    [Fact]
    public async Task A_service_account_asserts_itself_with_its_key()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        using RSA key = RSA.Create(2048);
        string file = service.Write("key.json", ServiceAccount(service, key));
        await using Scene scene = await StartAsync(service, "google", ("GOOGLE_APPLICATION_CREDENTIALS", file));

        Assert.Equal(200, (await scene.PostAsync(Gemini)).Status);

        UpstreamRequest asked = Assert.Single(service.Requests);
        Dictionary<string, string> form = Form(asked);
        Assert.Equal(("/token", "urn:ietf:params:oauth:grant-type:jwt-bearer"), (asked.Path, form["grant_type"]));
        string[] parts = form["assertion"].Split('.');
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1));
        JsonElement header = Json(parts[0]);
        Assert.Equal(("RS256", "key-1"), (header.GetProperty("alg").GetString(), header.GetProperty("kid").GetString()));
        JsonElement claims = Json(parts[1]);
        Assert.Equal((Email, Scope, service.Address + "/token"),
            (claims.GetProperty("iss").GetString(), claims.GetProperty("scope").GetString(), claims.GetProperty("aud").GetString()));
        Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.Equal("Bearer canary-token-1", scene.Upstream.Requests[0]["Authorization"]);
        Assert.Null(scene.Upstream.Requests[0]["x-goog-api-key"]);
    }

    [Fact]
    public async Task The_file_of_gcloud_gives_a_token_for_its_refresh_token()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        service.Write(
            ".config/gcloud/application_default_credentials.json",
            $$"""{"type":"authorized_user","client_id":"c","client_secret":"canary-client","refresh_token":"canary-refresh","token_ur""" +
                $$"""i":"{{service.Address}}/token"}""");
        await using Scene scene = await StartAsync(service, "google");

        Assert.Equal(200, (await scene.PostAsync(Gemini)).Status);

        Dictionary<string, string> form = Form(service.Requests[0]);
        Assert.Equal(("refresh_token", "canary-refresh", "canary-client", "c"),
            (form["grant_type"], form["refresh_token"], form["client_secret"], form["client_id"]));
        Assert.Equal("Bearer canary-token-1", scene.Upstream.Requests[0]["Authorization"]);
    }

    [Fact]
    public async Task The_metadata_service_gives_a_token_and_shows_that_it_is_Googles()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number), ("Metadata-Flavor", "Google")) };
        await using Scene scene = await StartAsync(service, "google", ("NO_GCE_CHECK", ""),
            ("GCE_METADATA_HOST", service.Address["http://".Length..]));
        await ReadyAsync(scene);

        Assert.Equal(200, (await scene.PostAsync(Gemini)).Status);

        Assert.Equal(("/computeMetadata/v1/instance/service-accounts/default/token", "Google"),
            (service.Requests[0].Path, service.Requests[0]["Metadata-Flavor"]));
        Assert.StartsWith("Bearer canary-token-", scene.Upstream.Requests[0]["Authorization"]);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("url")]
    [InlineData("aws")]
    public async Task An_external_account_exchanges_its_subject_and_stands_in_for_a_service_account(string subject)
    {
        await using var service = new TokenService();
        service.Answer = (call, number) => call.Request.Path switch
        {
            "/subject" => call.AnswerAsync(200, """{"id":"canary-subject"}"""),
            "/sts" => call.AnswerAsync(
                200, $$"""{"access_token":"canary-federated","issued_token_type":"urn:ietf:params:oauth:token-type:""" +
                """access_token","token_type":"Bearer","expires_in":3600}"""),
            _ => call.AnswerAsync(200, $$"""{"accessToken":"canary-impersonated","expireTime":"{{Moment()}}"}"""),
        };
        string token = service.Write("subject", "canary-subject");
        string source = subject switch
        {
            "file" => $$"""{"file":"{{token}}"}""",
            "url" => $$$"""{"url":"{{{service.Address}}}/""" +
                $$$"""subject","headers":{"x-who":"tests"},"format":{"type":"json","subject_token_field_name":"id"}}""",
            _ => """{"environment_id":"aws1","regional_cred_verification_url":"https://""" +
                """sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"}""",
        };
        string file = service.Write(
            "external.json",
            $$"""
            {"type":"external_account","audience":"//iam.googleapis.com/pool","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"{{service.Address}}/sts",
             "service_account_impersonation_url":"{{service.Address}}/v1/projects/-/serviceAccounts/{{Email}}:generateAccessToken","credential_source":{{source}}}
            """);
        await using Scene scene = await StartAsync(
            service, $"{{ type: google, credentials_file: \"{file}\" }}", ("AWS_ACCESS_KEY_ID", "AKIASUBJECT"),
            ("AWS_SECRET_ACCESS_KEY", "canary-subject-secret"), ("AWS_REGION", "eu-west-1"));

        Assert.Equal(200, (await scene.PostAsync(Gemini)).Status);

        UpstreamRequest exchange = service.Requests.Single(request => request.Path == "/sts");
        Dictionary<string, string> form = Form(exchange);
        Assert.Null(exchange["Authorization"]);
        Assert.Equal(("urn:ietf:params:oauth:grant-type:token-exchange", "//iam.googleapis.com/pool", Scope),
            (form["grant_type"], form["audience"], form["scope"]));
        if (subject == "aws")
        {
            JsonElement signed = JsonDocument.Parse(Uri.UnescapeDataString(form["subject_token"])).RootElement;
            Assert.Equal("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", signed.GetProperty("url").GetString());
            Dictionary<string, string> headers = signed.GetProperty("headers").EnumerateArray()
                .ToDictionary(header => header.GetProperty("key").GetString()!, header => header.GetProperty("value").GetString()!);
            Assert.Equal("//iam.googleapis.com/pool", headers["x-goog-cloud-target-resource"]);
            Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKIASUBJECT/", headers["Authorization"]);
        }
        else
        {
            Assert.Equal("canary-subject", form["subject_token"]);
        }

        Assert.Equal("Bearer canary-federated", service.Requests[^1]["Authorization"]);
        Assert.Equal("Bearer canary-impersonated", scene.Upstream.Requests[0]["Authorization"]);
    }

    [Fact]
    public async Task A_token_that_a_provider_refuses_is_renewed_once_and_a_second_refusal_is_the_accounts()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        using RSA key = RSA.Create(2048);
        string file = service.Write("key.json", ServiceAccount(service, key));
        await using Scene scene = await StartAsync(service, $"{{ type: google, credentials_file: \"{file}\" }}");

        scene.Upstream.Next(
            call => call.AnswerAsync(
            401, """{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}"""));
        Assert.Equal(200, (await scene.PostAsync(Gemini)).Status);

        Assert.Equal(["Bearer canary-token-1", "Bearer canary-token-2"], scene.Upstream.Requests.Select(request => request["Authorization"]));
        await scene.ChargedAsync(0, ok: 1);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("reason=credential_expired", StringComparison.Ordinal), "reason=credential_expired");

        scene.Upstream.Always = call => call.AnswerAsync(401,
            """{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}""");
        Gemini.IsEnvelope(await scene.PostAsync(Gemini), 503);

        Assert.Equal(4, scene.Upstream.Requests.Count);
        Assert.Equal(3, service.Requests.Count);
        await scene.ChargedAsync(0, ok: 1, err: 1, dead: true);
    }

    private static string ServiceAccount(TokenService service, RSA key) => JsonSerializer.Serialize(new Dictionary<string, string>
    {
        ["type"] = "service_account",
        ["client_email"] = Email,
        ["private_key_id"] = "key-1",
        ["private_key"] = key.ExportPkcs8PrivateKeyPem(),
        ["token_uri"] = service.Address + "/token",
    });

    private static JsonElement Json(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;

    private static Task<Scene> StartAsync(TokenService service, string identity, params (string, string)[] variables)
        => Scene.StartAsync(new SceneConfig(Gemini)
    {
        Identity = identity,
        Environment = service.Variables(variables),
        Always = call => Gemini.ServeAsync(call),
    });
}

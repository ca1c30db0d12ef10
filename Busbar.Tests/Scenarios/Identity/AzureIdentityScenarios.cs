using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;
using static Busbar.Tests.Scenarios.Identity.TokenService;

namespace Busbar.Tests.Scenarios.Identity;

/// <summary>Azure is called with the token of an application, a workload or a managed identity.</summary>
public sealed class AzureIdentityScenarios
{
    private const string Scope = "https://cognitiveservices.azure.com/.default";

    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    [Fact]
    public async Task An_application_shows_its_secret()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        await using Scene scene = await StartAsync(
            service, "{ type: azure, tenant_id: tenant-1, client_id: client-1, client_secret_env: OUR_SECRET }", ("OUR_SECRET", "canary-app-secret"));

        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        Assert.Equal("/tenant-1/oauth2/v2.0/token", service.Requests[0].Path);
        Assert.Equal(
            new Dictionary<string, string> { ["client_id"] = "client-1", ["client_secret"] = "canary-app-secret", ["scope"] = Scope, ["grant_type"] =
                "client_credentials" },
            Form(service.Requests[0]));
        Assert.Equal("Bearer canary-token-1", scene.Upstream.Requests[0]["Authorization"]);
        Assert.Null(scene.Upstream.Requests[0]["api-key"]);
    }

    [Fact]
    public async Task An_application_signs_with_its_certificate()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=busbar", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string file = service.Write("app.pem", certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        await using Scene scene =
            await StartAsync(
            service, $"{{ type: azure, tenant_id: t, client_id: client-1, certificate_file: \"{file}\", scope: \"api://own/.default\" }}");

        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        Dictionary<string, string> form = Form(service.Requests[0]);
        Assert.Equal(("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "api://own/.default"),
            (form["client_assertion_type"], form["scope"]));
        string[] parts = form["client_assertion"].Split('.');
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256,
            RSASignaturePadding.Pss));
        JsonElement header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        Assert.Equal(Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256)), header.GetProperty("x5t#S256").GetString());
        JsonElement claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement;
        Assert.Equal(("client-1", "client-1", service.Address + "/t/oauth2/v2.0/token"),
            (claims.GetProperty("iss").GetString(), claims.GetProperty("sub").GetString(), claims.GetProperty("aud").GetString()));
    }

    [Fact]
    public async Task A_workload_shows_its_token_as_it_stands_in_its_file_now()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        string file = service.Write("federated", "canary.federated.1");
        await using Scene scene = await StartAsync(
            service, "azure", ("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_FEDERATED_TOKEN_FILE", file));
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
        File.WriteAllText(file, "canary.federated.2");

        scene.Upstream.Next(call => call.AnswerAsync(401, """{"error":{"code":"401","message":"Access token is missing, invalid, or expired."}}"""));
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        Assert.Equal(["canary.federated.1", "canary.federated.2"], service.Requests.Select(request => Form(request)["client_assertion"]));
        Assert.Equal("Bearer canary-token-2", scene.Upstream.Requests[^1]["Authorization"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_managed_identity_gives_a_token_for_the_resource(bool isAppService)
    {
        await using var service = new TokenService
        {
            Answer = (call, number) => call.AnswerAsync(
                200, $$"""{"access_token":"canary-token-{{number}}","expires_on":"{{DateTimeOffset.UtcNow.AddHours(24).ToUnixTimeSeconds()}}","re""" +
                    """source":"https://cognitiveservices.azure.com","token_type":"Bearer"}"""),
        };
        (string, string)[] variables = isAppService
            ? [("IDENTITY_ENDPOINT", service.Address + "/msi/token"), ("IDENTITY_HEADER", "canary-header")]
            : [("AZURE_POD_IDENTITY_AUTHORITY_HOST", service.Address)];
        await using Scene scene = await StartAsync(service, "{ type: azure, client_id: user-assigned }", variables);
        await ReadyAsync(scene);

        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        UpstreamRequest asked = service.Requests[0];
        Assert.Equal(
            isAppService
                ? "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=user-assigned"
                : "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=user-assigned",
            asked.Path);
        Assert.Equal(isAppService ? ("canary-header", null) : (null, "true"), (asked["X-IDENTITY-HEADER"], asked["Metadata"]));
        Assert.StartsWith("Bearer canary-token-", scene.Upstream.Requests[0]["Authorization"]);
    }

    [Fact]
    public async Task A_refused_secret_is_named_by_its_number_and_not_by_words()
    {
        await using var service = new TokenService
        {
            Answer = (call, _)
                => call.AnswerAsync(
                401, """{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: """ +
                """canary-app-secret","error_codes":[7000215]}"""),
        };
        await using Scene scene = await StartAsync(
            service, "{ type: azure, tenant_id: t, client_id: client-1, client_secret_env: OUR_SECRET }", ("OUR_SECRET", "canary-app-secret"));

        OpenAI.IsEnvelope(await scene.PostAsync(OpenAI), 503);

        await Eventually.TrueAsync(
            () => scene.Gateway.StandardError.Contains("the application client-1 gets no token: invalid_client AADSTS7000215 (HTTP 401)",
                StringComparison.Ordinal), "named");
    }

    [Fact]
    public async Task A_probe_that_meets_an_ended_token_has_it_renewed_and_takes_nobody_down()
    {
        await using var service = new TokenService { Answer = (call, number) => call.AnswerAsync(200, Token(number)) };
        await using Scene scene = await Scene.StartAsync(new SceneConfig(OpenAI)
        {
            Identity = "{ type: azure, tenant_id: t, client_id: c, client_secret_env: OUR_SECRET }",
            Environment = service.Variables(("OUR_SECRET", "canary-app-secret")),
            Provider = "allow_private_network: true, health: { mode: active, interval_secs: 1, timeout_secs: 20 }",
            Always = call => call.Request["Authorization"] == "Bearer canary-token-1"
                ? call.AnswerAsync(401, """{"error":{"code":"401","message":"Access token is missing, invalid, or expired."}}""")
                : OpenAI.ServeAsync(call),
        });

        await scene.Upstream.ArrivedAsync(2);
        await Eventually.HoldsAsync(async () => (await scene.LaneAsync()) is { DeadReason: null, Ok: > 0 } ? null : "not yet well");

        Assert.Equal(["Bearer canary-token-1", "Bearer canary-token-2"], scene.Upstream.Requests.Take(2).Select(request => request["Authorization"]));
        Assert.Equal(2, service.Requests.Count);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("auth_unavailable", StringComparison.Ordinal), "the reason of the probe");
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
    }

    private static Task<Scene> StartAsync(TokenService service, string identity, params (string, string)[] variables)
        => Scene.StartAsync(new SceneConfig(OpenAI)
    {
        Identity = identity,
        Environment = service.Variables(variables),
        Always = call => OpenAI.ServeAsync(call),
    });
}

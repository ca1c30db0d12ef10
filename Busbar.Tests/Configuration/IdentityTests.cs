using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Tests.Configuration;

/// <summary>What an identity may say, and what is told of what it may not.</summary>
public sealed class IdentityTests
{
    [Theory]
    [InlineData("identity: aws", "aws")]
    [InlineData("identity: google", "google")]
    [InlineData("identity: azure", "azure")]
    [InlineData("identity: { type: aws, role_arn: 'arn:aws-us-gov:iam::123456789012:role/path/name', external_id: x-1, session_name: ab, " +
        "duration_secs: 900, tags: { a: b } }", "aws")]
    [InlineData("identity: { type: aws, token_file: /var/run/token, role_arn: 'arn:aws-cn:iam::123456789012:role/r' }", "aws")]
    [InlineData("identity: { type: google, impersonate: a@b.iam.gserviceaccount.com, scopes: [https://www.googleapis.com/auth/cloud-platform] }",
        "google")]
    [InlineData("identity: { type: azure, client_id: 1-2, scope: 'https://ai.azure.com/.default' }", "azure")]
    public void An_identity_stands_in_place_of_a_key(string identity, string type)
    {
        GatewayConfig config = ConfigText.Valid(Text(identity));

        Assert.Equal(type, config.Providers["openai"].Identity!.Word);
    }

    [Theory]
    [InlineData("identity: gcp", "identity", "'gcp' is no identity that is known")]
    [InlineData("identity: {}", "identity.type", "'type' is required")]
    [InlineData("identity: { type: aws, impersonate: a@b }", "identity.impersonate", "an identity of the type aws has no impersonate")]
    [InlineData("identity: { type: google, role_arn: x }", "identity.role_arn", "an identity of the type google has no role_arn")]
    [InlineData("identity: { type: aws, role_arn: my-role }", "identity.role_arn", "not the ARN of a role")]
    [InlineData("identity: { type: aws, role_arn: 'arn:aws:iam::123456789012:user/u' }", "identity.role_arn", "not the ARN of a role")]
    [InlineData("identity: { type: aws, external_id: x-1 }", "identity.external_id", "external_id belongs to a role")]
    [InlineData("identity: { type: aws, token_file: /x }", "identity.token_file", "a token of another issuer is exchanged for a role")]
    [InlineData("identity: { type: aws, role_arn: 'arn:aws:iam::123456789012:role/r', session_name: 'a b' }", "identity.session_name",
        "not the name of a session")]
    [InlineData("identity: { type: aws, role_arn: 'arn:aws:iam::123456789012:role/r', duration_secs: 60 }", "identity.duration_secs",
        "must be at least 900")]
    [InlineData("identity: { type: aws, region: 'EU West' }", "identity.region", "not the name of a region")]
    [InlineData("identity: { type: google, impersonate: nobody }", "identity.impersonate", "not the address of a service account")]
    [InlineData("identity: { type: google, credentials_file: /no/such/file }", "identity.credentials_file",
        "cannot read the file '/no/such/file': no such file")]
    [InlineData("identity: { type: google, scopes: ['a b'] }", "identity.scopes", "'a b' is not a scope")]
    [InlineData("identity: { type: azure, scope: 'https://ai.azure.com' }", "identity.scope", "not a scope of an application")]
    [InlineData("identity: { type: azure, tenant_id: t, client_id: c, client_secret_env: 'a secret' }", "identity.client_secret_env",
        "not the name of an environment variable")]
    [InlineData("identity: { type: azure, client_id: c, token_file: /x }", "identity.tenant_id",
        "'tenant_id' is required: neither it nor the variable AZURE_TENANT_ID is given")]
    [InlineData("identity: { type: azure, tenant_id: t, client_id: c, client_secret_env: OPENAI_KEY, token_file: /x }", "identity.token_file",
        "client_secret_env and token_file are given")]
    [InlineData("identity: aws, api_key_env: OPENAI_KEY", "identity", "both identity and api_key_env are given")]
    [InlineData("identity: aws, auth: bearer", "auth", "with an identity the header is known")]
    public void What_an_identity_may_not_say_is_named(string identity, string path, string message)
    {
        ConfigProblem error = ConfigText.OnlyError(Text(identity));

        Assert.Equal(("providers.openai." + path, message), (error.Path, error.Message));
    }

    [Fact]
    public void The_scope_and_the_region_follow_from_the_address()
    {
        IdentityConfig Of(string url, string kind) => ConfigText.Valid(Text($"base_url: \"{url}\", identity: {kind}")).Providers["openai"].Identity!;

        Assert.Equal(["https://cognitiveservices.azure.com/.default"], Of("https://r.openai.azure.com/openai", "azure").Scopes);
        Assert.Equal(["https://ai.azure.com/.default"], Of("https://r.services.ai.azure.com/openai", "azure").Scopes);
        Assert.Equal("eu-central-1", Of("https://bedrock-runtime.eu-central-1.amazonaws.com", "aws").Region);
        Assert.Equal("cn-north-1", Of("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "aws").Region);
        Assert.Equal("eu-west-1", Of("https://vpce-0a1b-x.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "aws").Region);
        Assert.Null(Of("https://bedrock.example.com", "aws").Region);
    }

    private static string Text(string identity) => ConfigText.Minimal.Replace("api_key_env: OPENAI_KEY", identity, StringComparison.Ordinal);
}

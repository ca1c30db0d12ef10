using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;

namespace Busbar.Tests.Configuration;

/// <summary>Providers that are clouds.</summary>
public sealed class PlatformTests
{
    [Theory]
    [InlineData("platform: vertex, protocol: gemini, project: acme-1, location: global", Platform.Vertex, ProtocolId.Gemini,
        "https://aiplatform.googleapis.com")]
    [InlineData("platform: vertex, protocol: anthropic, project: \"example.com:acme\", location: us-east5", Platform.Vertex, ProtocolId.Anthropic,
        "https://us-east5-aiplatform.googleapis.com")]
    [InlineData("platform: vertex, protocol: anthropic, project: \"123456\", location: eu", Platform.Vertex, ProtocolId.Anthropic,
        "https://aiplatform.eu.rep.googleapis.com")]
    [InlineData("platform: bedrock-invoke, region: eu-central-1", Platform.BedrockInvoke, ProtocolId.Anthropic,
        "https://bedrock-runtime.eu-central-1.amazonaws.com")]
    [InlineData("platform: bedrock-invoke, protocol: bedrock, region: cn-north-1", Platform.BedrockInvoke, ProtocolId.Anthropic,
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn")]
    [InlineData("platform: bedrock-invoke, base_url: \"https://vpce-1.example.com\", region: eu-central-1", Platform.BedrockInvoke,
        ProtocolId.Anthropic, "https://vpce-1.example.com")]
    [InlineData("platform: azure, protocol: openai, base_url: \"https://r.openai.azure.com/openai/v1/\"", Platform.Azure, ProtocolId.OpenAI,
        "https://r.openai.azure.com")]
    [InlineData("platform: azure, protocol: anthropic, base_url: \"https://r.services.ai.azure.com/anthropic\"", Platform.Azure, ProtocolId.Anthropic,
        "https://r.services.ai.azure.com")]
    public void A_cloud_says_where_it_is(string settings, object platform, object protocol, string address)
    {
        ProviderConfig provider = ConfigText.Valid(Cloud(settings)).Providers["cloud"];

        Assert.Equal(((Platform)platform, (ProtocolId)protocol, address), (provider.Platform, provider.Protocol, provider.BaseUrl));
    }

    [Fact]
    public void A_row_of_the_catalog_gives_way_to_a_region()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            providers: "{bedrock: {api_key_env: OPENAI_KEY, platform: bedrock-invoke, region: eu-west-1}}",
            models: "{small: {provider: bedrock, max_concurrent: 4}}"));

        Assert.Equal("https://bedrock-runtime.eu-west-1.amazonaws.com", config.Providers["bedrock"].BaseUrl);
        Assert.Equal(FaultClass.RateLimit, config.Providers["bedrock"].ErrorMap["ServiceQuotaExceededException"]);
    }

    [Theory]
    [InlineData("platform: vertex, protocol: gemini, location: global", "project", "required")]
    [InlineData("platform: vertex, protocol: gemini, project: acme-1", "location", "required")]
    [InlineData("platform: vertex, project: acme-1, location: global", "protocol", "required")]
    [InlineData("platform: vertex, protocol: openai, project: acme-1, location: global", "protocol", "does not serve the protocol openai")]
    [InlineData("platform: vertex, protocol: gemini, project: \"acme/../x\", location: global", "project", "'acme/../x' is not a legal project")]
    [InlineData("platform: vertex, protocol: gemini, project: acme-1, location: \"us east\"", "location", "'us east' is not a legal location")]
    [InlineData("platform: vertex, protocol: gemini, project: acme-1, location: global, api_version: \"2024-10-21\"", "api_version", "v1 or v1beta1")]
    [InlineData("platform: azure, protocol: openai, base_url: \"https://r.openai.azure.com\", api_version: soon", "api_version",
        "'soon' is not a version")]
    [InlineData("platform: azure, protocol: openai, base_url: \"https://r.openai.azure.com\", project: acme", "project",
        "only with platform: vertex")]
    [InlineData("platform: azure, protocol: openai, base_url: \"https://r.openai.azure.com\", deployments: {gpt: \"a b\"}", "deployments.gpt",
        "not the name of a deployment")]
    [InlineData("platform: azure, protocol: openai", "base_url", "required")]
    [InlineData("platform: bedrock-invoke", "base_url", "required")]
    [InlineData("platform: bedrock-invoke, protocol: cohere, region: us-east-1", "protocol", "does not serve the protocol cohere")]
    [InlineData("protocol: openai, base_url: \"https://api.example.com\", deployments: {a: b}", "deployments", "only with platform: azure")]
    [InlineData("protocol: openai, base_url: \"https://api.example.com\", api_version: v1", "api_version", "platform: azure")]
    public void What_is_wrong_names_the_key_and_the_remedy(string settings, string key, string said)
    {
        // What refers to the provider is wrong too, then.
        ConfigProblem[] problems = [.. ConfigText.Load(Cloud(settings)).Errors.Where(error => error.Path != "pools.fast.members[0].target")];
        ConfigProblem problem = Assert.Single(problems);

        Assert.Equal($"providers.cloud.{key}", problem.Path);
        Assert.Contains(said, problem.ToString(), StringComparison.Ordinal);
    }

    private static string Cloud(string settings) =>
        ConfigText.With(providers: $"{{cloud: {{api_key_env: OPENAI_KEY, {settings}}}}}", models: "{small: {provider: cloud, max_concurrent: 4}}");
}

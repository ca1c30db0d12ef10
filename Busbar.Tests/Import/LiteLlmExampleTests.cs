using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Yaml;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Import;

/// <summary>Configurations in all the forms that LiteLLM's documentation shows: <c>Examples/*.yaml</c>.</summary>
public sealed class LiteLlmExampleTests : IDisposable
{
    private const string Folder = "Busbar.Tests/Import/Examples";

    private readonly ImportRun _run = new()
    {
        Environment = new FakeEnvironment(
        [
            ("AZURE_API_BASE", "https://resource.openai.azure.com"), ("DATABRICKS_API_BASE", "https://databricks.example.com/serving-endpoints"),
            ("AZURE_TENANT_ID", "a-tenant"), ("AZURE_CLIENT_ID", "a-client"), ("AZURE_CLIENT_SECRET", "a-secret"), ("AWS_REGION", "eu-west-3"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "a-secret"), ("AK", "AKIDOTHER"), ("SK", "a-secret"),
            ("LITELLM_MASTER_KEY", "sk-a-master-key-of-length"),
        ]),
    };

    public static TheoryData<string> Examples =>
        [.. Directory.EnumerateFiles(ProjectFiles.Path(Folder), "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    public void Dispose() => _run.Dispose();

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_setting_of_an_example_is_labelled_with_its_line_and_what_is_written_is_valid(string name)
    {
        string text = ProjectFiles.Read($"{Folder}/{name}.yaml");
        Import(name);

        string[] lines = [.. _run.Said.Split('\n').Where(line => line.Contains("config.yaml:", StringComparison.Ordinal))];
        var report = new ConfigReport();
        foreach ((string path, int line) in Leaves(YamlReader.Read(text, "config.yaml", report, merges: true)!, ""))
        {
            Assert.True(lines.Any(said => Speaks(said, path)), $"nothing is said of {path} in line {line}:\n{_run.Said}");
        }
    }

    [Fact]
    public void Vendors_are_called_as_each_wants_to_be()
    {
        GatewayConfig config = Import("vendors");
        ProviderConfig Of(string model) => config.Providers[config.Models[model].Provider];

        Assert.Equal((Busbar.Ir.Platform.Azure, "2025-01-01-preview"), (Of("azure-gpt").Platform, Of("azure-gpt").ApiVersion));
        Assert.Equal("a-tenant", Of("azure-entra").Identity!.TenantId);
        Assert.Equal(("https://res.services.ai.azure.com", "Anthropic"), (Of("azure-claude").BaseUrl, Of("azure-claude").Protocol.ToString()));
        Assert.Equal("arn:aws:iam::123456789012:role/llm", Of("bedrock-role").Identity!.RoleArn);
        Assert.Equal("dev", Of("bedrock-profile").Identity!.Profile);
        Assert.NotNull(Of("bedrock-converse").Identity);
        Assert.NotNull(Of("vertex-gemini").Identity);
        Assert.Equal("us-east5", Of("vertex-claude").Location);
        Assert.Equal("context-1m-2025-08-07", Of("claude").Headers["anthropic-beta"].Reveal());
        Assert.Equal("http://127.0.0.1:4000/v1", Of("vllm-openai").BaseUrl);
        Assert.Equal("deepseek-ai/DeepSeek-R1:together", config.Models["hf"].UpstreamModel);
        Assert.DoesNotContain("watsonx", config.Models.Keys);
        Assert.DoesNotContain("snow", config.Models.Keys);
        Assert.Equal("unsupported", _run.Label("no provider is known for 'watsonx/"));
    }

    [Fact]
    public void Credentials_that_are_named_stand_in_for_key_and_address()
    {
        GatewayConfig config = Import("credentials");

        ProviderConfig azure = config.Providers[config.Models["gpt-4o"].Provider];
        Assert.Equal(("https://resource.openai.azure.com", "2025-01-01-preview"), (azure.BaseUrl, azure.ApiVersion));
        Assert.Equal(["AZURE_API_KEY"], azure.ApiKeyEnv);
        Assert.Equal("https://bedrock-runtime.eu-central-1.amazonaws.com", config.Providers[config.Models["nova"].Provider].BaseUrl);
        Assert.Equal("exact", _run.Label("model_list[0].litellm_params.litellm_credential_name"));
    }

    [Fact]
    public void Fallbacks_may_be_for_every_model_and_may_change_the_request()
    {
        GatewayConfig router = Import("router");

        Assert.NotNull(router.Pools["gpt-4o-mini"].OnExhausted);
        Assert.Equal("exact", _run.Label("router_settings.fallbacks[2].*"));
    }

    [Fact]
    public void What_a_guardrail_or_a_team_held_back_is_said_so()
    {
        Import("guardrails");

        Assert.Contains("what a guardrail refused will pass", _run.Said);
    }

    [Fact]
    public void A_name_for_any_model_of_any_vendor_is_left_to_the_operator()
    {
        Import("patterns");

        Assert.Equal("by hand", _run.Label("any model of any vendor"));
    }

    private GatewayConfig Import(string name) => _run.Import("litellm", ProjectFiles.Read($"{Folder}/{name}.yaml"));

    // Of the value itself, or of something that it is a part of.
    private static bool Speaks(string said, string path)
    {
        int at = said.IndexOf("  ", said.IndexOf("config.yaml:", StringComparison.Ordinal), StringComparison.Ordinal);
        string setting = said[at..].TrimStart();
        for (string part = path; part.Length > 0; part = part[..Math.Max(0, part.LastIndexOfAny(['.', '[']))])
        {
            if (setting.StartsWith(part + ":", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<(string Path, int Line)> Leaves(YamlNode node, string path) => node switch
    {
        YamlMap map => map.Entries.SelectMany(entry => Leaves(entry.Value, path.Length == 0 ? entry.Key.Value : $"{path}.{entry.Key.Value}")),
        YamlList list => list.Items.SelectMany((item, index) => Leaves(item, $"{path}[{index}]")),
        YamlText { IsNull: true } => [],
        _ => [(path, node.Location.Line)],
    };
}

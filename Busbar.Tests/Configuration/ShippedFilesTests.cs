using System.Reflection;
using System.Text;
using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;
using Busbar.Ir;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Tests.Configuration;

public sealed class ShippedFilesTests
{
    [Fact]
    [Trait("gotcha", "C29")]
    [Trait("gotcha", "C30")]
    public void C29_C30_the_example_is_valid_with_the_variables_it_names_and_needs_no_admin_token()
    {
        string file = ProjectFiles.Path("config.example.yaml");
        ConfigResult result = ConfigLoader.Load(
            new ConfigSources(file, null),
            new FakeEnvironment(("ANTHROPIC_API_KEY", "a"), ("OPENAI_API_KEY", "b"), ("BUSBAR_CLIENT_TOKEN", "c")));

        Assert.True(result.Config is not null, string.Join('\n', result.Problems));
        Assert.DoesNotContain(result.Problems, problem => problem.Message.Contains("not set"));
    }

    [Fact]
    public void Every_row_of_the_catalog_binds_when_a_deployment_names_it()
    {
        ConfigReport report = new();
        Dictionary<string, YamlNode> catalog = ConfigLoader.ReadCatalog(new ConfigSources("", null), report)!;
        string names = string.Join(", ", catalog.Keys.Select(name => $"{name}: {{api_key_env: OPENAI_KEY}}"));

        GatewayConfig config = ConfigText.Valid(ConfigText.With(providers: $"{{{names}}}"));

        Assert.Empty(report.Problems);
        Assert.True(config.Providers.Count >= 42, $"{config.Providers.Count} rows");
        Assert.All(Enum.GetValues<ProtocolId>(), protocol => Assert.Contains(config.Providers.Values, provider => provider.Protocol == protocol));
        Assert.All(config.Providers.Values, provider => Assert.False(provider.AllowPrivateNetwork));
        Assert.All(config.Providers.Values, provider => Assert.False(
            provider.Path is null && provider.BaseUrl.EndsWith("/v1", StringComparison.Ordinal), $"{provider.Name} would be called at /v1/v1"));
    }

    [Fact]
    public void Every_row_of_the_catalog_says_whether_it_was_verified()
    {
        string[] lines = ProjectFiles.Read("providers.yaml").Split('\n');
        for (int index = 1; index < lines.Length; index++)
        {
            if (lines[index].Length > 0 && char.IsAsciiLetterOrDigit(lines[index][0]))
            {
                Assert.Matches("^# ((verified|reported) \\d{4}-\\d{2}-\\d{2} https://|unverified: )", lines[index - 1]);
            }
        }
    }

    [Fact]
    public void The_reference_page_describes_every_key()
    {
        string page = ProjectFiles.Read("docs/configuration.md");
        foreach (KeySet block in ConfigKeys.All)
        {
            string heading = $"\n## `{(block.Path.Length == 0 ? "top level" : block.Path)}`";
            int start = page.IndexOf(heading, StringComparison.Ordinal);
            Assert.True(start >= 0, $"no section {heading}");
            int end = page.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
            string section = end < 0 ? page[start..] : page[start..end];
            foreach (string key in (string[])[.. block.Keys, .. block.Aliases.Keys])
            {
                Assert.True(section.Contains($"`{key}`"), $"{heading} does not describe `{key}`");
            }
        }
    }

    [Fact]
    public void The_reference_page_describes_no_key_that_does_not_exist()
    {
        KeySet? block = null;
        foreach (string line in ProjectFiles.Read("docs/configuration.md").Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                string path = line.Trim('#', ' ', '`');
                block = ConfigKeys.All.FirstOrDefault(candidate => candidate.Path == (path == "top level" ? "" : path));
            }
            else if (block is not null && line.StartsWith("| `", StringComparison.Ordinal))
            {
                string key = line.Split('`')[1];
                Assert.True(block.Find(key) is not null, $"{block.Path}: {key}");
            }
        }
    }

    [Fact]
    public void The_capability_keys_are_the_flags_of_the_capability_record()
    {
        IEnumerable<string> flags = typeof(Capabilities).GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.PropertyType == typeof(bool)).Select(property => SnakeCase(property.Name));

        Assert.Equal(flags.Order(), ConfigKeys.Capabilities.Keys.Order());
    }

    private static string SnakeCase(string name)
    {
        StringBuilder result = new();
        foreach (char letter in name)
        {
            result.Append(char.IsUpper(letter) && result.Length > 0 ? "_" : "").Append(char.ToLowerInvariant(letter));
        }

        return result.ToString();
    }
}

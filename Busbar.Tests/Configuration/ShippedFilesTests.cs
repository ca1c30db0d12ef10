using System.Reflection;
using System.Text;
using System.Text.Json;
using Busbar.Configuration;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Configuration.Yaml;
using Busbar.Ir;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Tests.Configuration;

public sealed class ShippedFilesTests
{
    [Fact]
    public void The_example_of_a_fleet_is_valid_for_each_node()
    {
        foreach (string port in (string[])["8081", "8082"])
        {
            ConfigResult result = ConfigLoader.Load(
                new ConfigSources(ProjectFiles.Path("deploy/fleet/config.yaml"), null),
                new FakeEnvironment(("BUSBAR_PORT", port), ("OPENAI_API_KEY", "k"), ("BUSBAR_ADMIN_TOKEN", "canary-admin-token"),
                    ("BUSBAR_DATABASE_URL", "postgres://busbar:p@db/busbar?sslmode=verify-full")));

            Assert.True(result.Config is not null, string.Join('\n', result.Problems));
            Assert.Equal(($"127.0.0.1:{port}", 5, StoreKind.Postgres),
                (result.Config.Listen, result.Config.Limits.ReadyDelaySecs, result.Config.Governance.Store));
            Assert.Equal((PostgresTls.VerifyFull, "db:5432/busbar"),
                (result.Config.Governance.Postgres!.Address!.Tls, $"{result.Config.Governance.Postgres.Address}"));
        }
    }

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

    /// <summary>With <c>BUSBAR_WRITE_DOCS=1</c> the tables are written instead of compared.</summary>
    [Fact]
    public void The_tables_of_the_reference_page_are_those_of_the_program()
    {
        string page = ProjectFiles.Read("docs/configuration.md");
        var lines = new List<string>();
        var written = new HashSet<KeySet>();
        KeySet? block = null;
        foreach (string line in page.Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                string path = line.Trim('#', ' ', '`');
                block = ConfigKeys.All.FirstOrDefault(candidate => candidate.Path == (path == "top level" ? "" : path));
            }

            if (block is null || !line.StartsWith("| `", StringComparison.Ordinal))
            {
                lines.Add(line);
            }
            else if (written.Add(block))
            {
                lines.AddRange(block.Entries.Select(key => key.Row));
            }
        }

        string generated = string.Join('\n', lines);
        if (Environment.GetEnvironmentVariable("BUSBAR_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Corpus.RepositoryRoot, "docs", "configuration.md"), generated);
        }
        else
        {
            Assert.Equal(generated, page);
        }

        Assert.Equal(ConfigKeys.All.Where(all => all != ConfigKeys.CatalogProvider).Select(all => all.Path).Order(),
            written.Select(all => all.Path).Order());
    }

    [Fact]
    public void The_schema_knows_every_key_and_what_it_takes()
    {
        using var output = new MemoryStream();
        ConfigSchema.Write(output);
        using JsonDocument schema = JsonDocument.Parse(output.ToArray());
        foreach (KeySet block in ConfigKeys.All.Where(block => block != ConfigKeys.CatalogProvider))
        {
            JsonElement at = schema.RootElement;
            foreach (string step in block.Path.Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                at = step == "*" ? at.GetProperty("additionalProperties").GetProperty("anyOf")[0]
                    : at.GetProperty("properties").GetProperty(step.Replace("[]", "", StringComparison.Ordinal));
                at = at.TryGetProperty("anyOf", out JsonElement forms) ? forms[0] : at;
                at = step.EndsWith("[]", StringComparison.Ordinal) ? at.GetProperty("items").GetProperty("anyOf")[0] : at;
            }

            Assert.False(at.GetProperty("additionalProperties").GetBoolean());
            Assert.Equal([.. block.Keys, .. block.Aliases.Keys], at.GetProperty("properties").EnumerateObject().Select(property => property.Name));
        }

        JsonElement limit = schema.RootElement.GetProperty("properties").GetProperty("limits").GetProperty("properties")
            .GetProperty("pool_max_idle_per_host").GetProperty("anyOf")[0];
        Assert.Equal(("integer", 1, int.MaxValue), (limit.GetProperty("type").GetString(), limit.GetProperty("minimum").GetInt64(),
            limit.GetProperty("maximum").GetInt64()));
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

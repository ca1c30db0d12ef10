using System.Runtime.Versioning;
using Busbar.Configuration;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

public sealed class ConfigFileTests
{
    [Theory]
    [InlineData("/nowhere/config.yaml", null, "/nowhere/config.yaml", "BUSBAR_CONFIG")]
    [InlineData(null, "/nowhere/providers.yaml", "/nowhere/providers.yaml", "BUSBAR_PROVIDERS")]
    [Trait("gotcha", "C4")]
    public void A_missing_file_is_one_line_that_names_the_file_and_the_variable(string? config, string? catalog, string file, string variable)
    {
        string directory = Directory.CreateTempSubdirectory("busbar-config-").FullName;
        string existing = Path.Combine(directory, "config.yaml");
        File.WriteAllText(existing, ConfigText.Minimal);

        ConfigResult result = ConfigLoader.Load(new ConfigSources(config ?? existing, catalog), ConfigText.Environment);
        Directory.Delete(directory, recursive: true);

        string line = Assert.Single(result.Problems).ToString();
        Assert.Contains(file, line);
        Assert.Contains(variable, line);
        Assert.Contains("no such file", line);
        Assert.DoesNotContain("\n", line);
        Assert.DoesNotContain(" at ", line);
    }

    [Fact]
    public void A_directory_in_place_of_a_file_is_a_problem_and_no_exception()
    {
        ConfigResult result = ConfigLoader.Load(new ConfigSources(Path.GetTempPath(), null), ConfigText.Environment);

        Assert.Single(result.Errors);
    }

    [Theory]
    [InlineData("a: [1, 2")]
    [InlineData("a: b: c")]
    [InlineData("a: \"unclosed")]
    [InlineData("a: b\n c: d")]
    [InlineData("a: *nothing")]
    [Trait("gotcha", "C5")]
    public void Text_that_is_not_yaml_is_one_line_that_names_file_line_and_column(string text)
    {
        ConfigProblem error = ConfigText.OnlyError(text);

        Assert.EndsWith("config.yaml", error.Location!.Value.File);
        Assert.InRange(error.Location.Value.Line, 1, 2);
        Assert.DoesNotContain("\n", error.ToString());
    }

    [Fact]
    public void A_broken_catalog_is_named_as_the_broken_file()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.Minimal, catalog: "a: [");

        Assert.EndsWith("providers.yaml", error.Location!.Value.File);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("~")]
    public void An_empty_file_is_an_error(string text) => Assert.Contains("empty", ConfigText.OnlyError(text).Message);

    [Theory]
    [InlineData("- a")]
    [InlineData("word")]
    public void A_file_that_is_no_mapping_is_an_error_and_no_exception(string text) =>
        Assert.Contains(ConfigText.Load(text).Errors, error => error.Message.Contains("block of keys"));

    [Fact]
    public void A_second_document_is_an_error() =>
        Assert.Contains("more than one document", ConfigText.OnlyError(ConfigText.Minimal + "\n---\na: b\n").Message);

    [Fact]
    public void A_key_given_twice_is_an_error_that_names_both_places()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.With(more: "listen: 0.0.0.0:1\nlisten: 0.0.0.0:2"));

        Assert.Equal("listen", error.Path);
        Assert.Equal(6, error.Location!.Value.Line);
        Assert.Contains(":5:1", error.Message);
    }

    [Fact]
    public void A_merge_key_is_refused_with_an_explanation() =>
        Assert.Contains("not expanded", ConfigText.OnlyError(ConfigText.With(
            providers: "{openai: &o {api_key_env: OPENAI_KEY}, groq: {api_key_env: OPENAI_KEY, <<: *o}}")).Message);

    [Fact]
    public void A_yaml_tag_is_refused() =>
        Assert.Contains("tags", ConfigText.OnlyError(ConfigText.With(more: "listen: !secret 0.0.0.0:1")).Message);

    [Fact]
    public void An_alias_stands_for_the_whole_value_it_names()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            pools: "{a: {members: &m [{target: small, weight: 7}]}, b: {members: *m}}"));

        Assert.Equal(7, config.Pools["b"].Members[0].Weight);
    }

    [Fact]
    public void Aliases_that_would_multiply_into_a_giant_are_refused()
    {
        string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
        for (int level = 1; level < 12; level++)
        {
            text += $"a{level}: &a{level} [{string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 10))}]\n";
        }

        Assert.Contains("aliases", ConfigText.OnlyError(text).Message);
    }

    [Fact]
    public void An_alias_inside_its_own_value_is_refused() =>
        Assert.Contains("inside the value", ConfigText.OnlyError("a: &x [*x]").Message);

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void Nesting_is_bounded(char open, char close) =>
        Assert.Contains("nested deeper", ConfigText.OnlyError($"a: {new string(open, 50_000)}{new string(close, 50_000)}").Message);

    [Fact]
    public void A_file_larger_than_a_mebibyte_is_refused() =>
        Assert.Contains("larger", ConfigText.OnlyError($"# {new string('x', 1024 * 1024)}").Message);

    [Fact]
    [UnsupportedOSPlatform("windows")]
    [Trait("gotcha", "C16")]
    public void C16_files_in_a_directory_that_cannot_be_written_are_enough()
    {
        string directory = Directory.CreateTempSubdirectory("busbar-config-").FullName;
        string file = Path.Combine(directory, "config.yaml");
        File.WriteAllText(file, ConfigText.Minimal);
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        ConfigResult result = ConfigLoader.Load(new ConfigSources(file, null), ConfigText.Environment);

        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(directory, recursive: true);
        Assert.NotNull(result.Config);
    }

    [Fact]
    public void Flags_win_over_variables_and_variables_over_defaults()
    {
        FakeEnvironment set = new((ConfigSources.ConfigVariable, "/v/config"), (ConfigSources.CatalogVariable, "/v/catalog"));

        Assert.Equal(new ConfigSources("/f/config", "/f/catalog"), ConfigSources.Choose("/f/config", "/f/catalog", null, set));
        Assert.Equal(new ConfigSources("/v/config", "/v/catalog"), ConfigSources.Choose(null, null, null, set));
        Assert.Equal(new ConfigSources(ConfigSources.DefaultConfigFile, null), ConfigSources.Choose(null, null, null, new FakeEnvironment()));
        Assert.Equal(new ConfigSources(ConfigSources.DefaultConfigFile, null),
            ConfigSources.Choose(null, null, null, new FakeEnvironment((ConfigSources.ConfigVariable, " "))));
    }

    [Fact]
    public void Random_mutations_of_a_valid_file_never_throw()
    {
        Random random = new(20261122);
        string seed = ProjectFiles.Read("config.example.yaml");
        const string Letters = "{}[]:,#&*!|>'\"%@`-?~<= \n\t\r\0$\u0085\u2028\uD83Dabz019._/\\";
        for (int round = 0; round < 1500; round++)
        {
            List<char> text = [.. seed];
            for (int edit = random.Next(1, 12); edit > 0 && text.Count > 0; edit--)
            {
                int at = random.Next(text.Count);
                switch (random.Next(4))
                {
                    case 0:
                        text.RemoveAt(at);
                        break;
                    case 1:
                        text.Insert(at, Letters[random.Next(Letters.Length)]);
                        break;
                    case 2:
                        text[at] = Letters[random.Next(Letters.Length)];
                        break;
                    default:
                        text.RemoveRange(at, random.Next(Math.Min(60, text.Count - at)));
                        break;
                }
            }

            ConfigResult result = ConfigText.Load(new string([.. text]));

            Assert.True(result.Config is not null || result.Errors.Any());
            Assert.All(result.Problems, problem => Assert.DoesNotContain("\n", problem.ToString()));
        }
    }
}

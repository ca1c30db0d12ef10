using System.Text.Json;
using Busbar.Commands;
using Busbar.Configuration;
using Busbar.Governance.Budgets;
using Busbar.Governance.Store;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Commands;

public sealed class ConfigCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-commands-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("gotcha", "C14")]
    public void C14_validation_of_a_good_file_answers_0_and_leaves_nothing_behind()
    {
        Assert.Equal(0, Validate(ConfigText.Minimal));

        Assert.Contains("is valid", _output.ToString());
        Assert.Empty(_error.ToString());
        Assert.Equal(["config.yaml"], Directory.GetFileSystemEntries(_directory).Select(Path.GetFileName));
    }

    [Fact]
    public void Validation_prints_each_problem_on_a_line_and_answers_1()
    {
        Assert.Equal(1, Validate(ConfigText.With(auth: "{mode: none}", more: "listne: x\nlimits: {shutdown_drain_secs: x}")));

        string[] lines = _error.ToString().TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Contains(lines, line => line.StartsWith("[error] listne (", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("[error] limits.shutdown_drain_secs (", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("[warn] auth (", StringComparison.Ordinal));
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void Validation_answers_0_when_there_are_only_warnings() => Assert.Equal(0, Validate(ConfigText.With(auth: "{mode: none}")));

    [Fact]
    [Trait("gotcha", "C14")]
    public void C14_a_database_can_be_opened_only_in_a_directory_that_exists_and_can_be_written()
    {
        Assert.Null(DatabaseFile.Refusal(Path.Combine(_directory, "a.db")));
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
        Assert.NotNull(DatabaseFile.Refusal(Path.Combine(_directory, "missing", "a.db")));
        Assert.NotNull(DatabaseFile.Refusal(_directory));
        Assert.NotNull(DatabaseFile.Refusal("/proc/a.db"));
        File.WriteAllText(Path.Combine(_directory, "b.db"), "x");
        Assert.Null(DatabaseFile.Refusal(Path.Combine(_directory, "b.db")));
        Assert.Equal("x", File.ReadAllText(Path.Combine(_directory, "b.db")));
    }

    [Fact]
    public void The_catalog_is_printed_one_provider_a_line()
    {
        Assert.Equal(0, ProvidersCommand.Run(new ConfigSources("", null), new FakeEnvironment(), _output, _error));

        string[] lines = _output.ToString().TrimEnd().Split('\n');
        Assert.True(lines.Length >= 42);
        Assert.Contains(lines, line => line.StartsWith("openai ", StringComparison.Ordinal)
            && line.EndsWith("https://api.openai.com", StringComparison.Ordinal));
        Assert.Equal(1, ProvidersCommand.Run(new ConfigSources("", "/nowhere"), new FakeEnvironment(), _output, _error));
    }

    [Fact]
    public void Prices_are_printed_with_the_step_the_date_and_the_source_and_as_JSON()
    {
        Assert.Equal(0, PricesCommand.Run(["prices", "gpt-5.4-pro"], new FakeEnvironment(), _output, _error));

        string[] lines = _output.ToString().TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches("^openai +gpt-5.4-pro +272000 +6000 +27000 .*3000/13500 .*2026-07-02 +https://openai.com/api/pricing$", lines[2]);
        _output.GetStringBuilder().Clear();
        Assert.Equal(0, PricesCommand.Run(["prices", "--json"], new FakeEnvironment(), _output, _error));
        using JsonDocument json = JsonDocument.Parse(_output.ToString());
        Assert.True(json.RootElement.GetProperty("prices").GetArrayLength() >= 250);
        Assert.Equal(1, PricesCommand.Run(["prices", "no such model"], new FakeEnvironment(), _output, _error));
        Assert.Equal(2, PricesCommand.Run(["prices", "a", "b"], new FakeEnvironment(), _output, _error));
    }

    [Fact]
    public void A_price_list_of_ones_own_replaces_the_built_in_one_and_its_mistakes_stop_a_start()
    {
        string file = Path.Combine(_directory, "prices.yaml");
        File.WriteAllText(file, "openai: { source: contract, date: 2026-01-01, models: { gpt-x: { input: 1, output: 2, context: 1000 } } }");
        Assert.Equal(0, PricesCommand.Run(["prices", "--prices", file], new FakeEnvironment(), _output, _error));
        Assert.Equal(2, _output.ToString().TrimEnd().Split('\n').Length);

        string config = Path.Combine(_directory, "config.yaml");
        File.WriteAllText(config, ConfigText.WithModel("upstream_model: gpt-x"));
        Assert.Equal(1000, ConfigLoader.Load(new ConfigSources(config, null, file), ConfigText.Environment).Config!.Models["small"].Listed!.Context);
        File.WriteAllText(file, "openai: { source: contract, date: yesterday, models: { gpt-x: { input: -1, output: 2 } } }");
        ConfigResult result = ConfigLoader.Load(new ConfigSources(config, null, file), ConfigText.Environment);
        Assert.Equal(["prices.openai.models.gpt-x", "prices.openai.models.gpt-x.input"],
            result.Errors.Select(problem => problem.Path).Order().Distinct());
        Assert.Null(result.Config);
    }

    private int Validate(string yaml)
    {
        string file = Path.Combine(_directory, "config.yaml");
        File.WriteAllText(file, yaml);
        return ValidateCommand.Run(new ConfigSources(file, null), ConfigText.Environment, _output, _error);
    }
}

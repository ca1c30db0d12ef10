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
        Assert.Contains(lines, line => line.StartsWith("openai ", StringComparison.Ordinal) && line.EndsWith("https://api.openai.com", StringComparison.Ordinal));
        Assert.Equal(1, ProvidersCommand.Run(new ConfigSources("", "/nowhere"), new FakeEnvironment(), _output, _error));
    }

    private int Validate(string yaml)
    {
        string file = Path.Combine(_directory, "config.yaml");
        File.WriteAllText(file, yaml);
        return ValidateCommand.Run(new ConfigSources(file, null), ConfigText.Environment, _output, _error);
    }
}

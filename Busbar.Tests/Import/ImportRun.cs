using Busbar.Commands;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Governance.Store;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Import;

/// <summary>Runs <c>busbar import</c> over files of a scratch folder.</summary>
internal sealed class ImportRun : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-import-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public FakeEnvironment Environment { get; init; } = new();

    public string Out => Path.Combine(_directory, "out");

    public string Said => _output.ToString();

    public string Complaint => _error.ToString();

    public string Yaml => File.ReadAllText(Path.Combine(Out, "config.yaml"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    public int Run(string kind, string config, string? dump = null, string name = "config.yaml")
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, config);
        List<string> arguments = ["import", kind, file, "--out", Out];
        if (dump is not null)
        {
            File.WriteAllText(Path.Combine(_directory, "dump.sql"), dump);
            arguments.AddRange(["--database", Path.Combine(_directory, "dump.sql")]);
        }

        return ImportCommand.Run([.. arguments], Environment, TimeProvider.System, _output, _error);
    }

    /// <summary>Imports what must succeed, and loads what was written as a start would.</summary>
    public GatewayConfig Import(string kind, string config, string? dump = null, string name = "config.yaml")
    {
        int code = Run(kind, config, dump, name);
        Assert.True(code == 0, Complaint);
        ConfigResult result = ConfigLoader.Load(new ConfigSources(Path.Combine(Out, "config.yaml"), null), Environment);
        Assert.True(result.Config is not null, string.Join('\n', result.Problems) + Yaml);
        Assert.Equal(0, ValidateCommand.Run(new ConfigSources(Path.Combine(Out, "config.yaml"), null), Environment, TextWriter.Null,
            TextWriter.Null));
        return result.Config;
    }

    /// <summary>What the database holds.</summary>
    public StoredGovernance Stored()
    {
        using SqliteStore store = SqliteStore.Open(Path.Combine(Out, "governance.db"), TimeProvider.System);
        StoredGovernance stored = store.Load(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        return stored with { Windows = [.. stored.Windows] };
    }

    /// <summary>The label of the setting whose line of the report has <paramref name="part"/> in it.</summary>
    public string Label(string part) => Assert.Single(Said.Split('\n'), line => line.Contains(part, StringComparison.Ordinal))[..11].TrimEnd();
}

using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Import.Draft;

namespace Busbar.Import;

/// <summary>
/// What an import will write, and what it says of each setting. Nothing is written while there is an error in <see cref="Report"/>.
/// </summary>
/// <param name="environment">The variables of this process, which a foreign configuration refers to.</param>
/// <param name="folder">The folder that is written, as an absolute path.</param>
internal sealed class ImportPlan(IEnvironment environment, string folder)
{
    private const int MaxNotes = 200_000;

    private readonly List<ImportNote> _notes = [];

    /// <summary>Where the files go.</summary>
    public string Folder { get; } = folder;

    /// <summary>What is wrong with the files that are read.</summary>
    public ConfigReport Report { get; } = new();

    /// <summary>The configuration that will be written.</summary>
    public DraftConfig Config { get; } = new();

    /// <summary>Groups of the database, parents first.</summary>
    public List<DraftGroup> Groups { get; } = [];

    /// <summary>Keys of the database.</summary>
    public List<DraftKey> Keys { get; } = [];

    /// <summary>Variables that the foreign configuration sets; they are written to a file for <c>--env-file</c>.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Secrets that stand in the foreign configuration, by the name of the file that will hold each.</summary>
    public Dictionary<string, string> SecretFiles { get; } = [];

    /// <summary>What was said of each setting, in order.</summary>
    public IReadOnlyList<ImportNote> Notes => _notes;

    /// <summary>The value of a variable, as the foreign configuration or this process sets it; null when neither does.</summary>
    public string? Variable(string name) => Variables.GetValueOrDefault(name) ?? environment.Get(name);

    /// <summary>The models that the price list knows of a provider of the catalog.</summary>
    public IEnumerable<string> Listed(string provider) =>
        from model in PriceCatalog.Open(new ConfigSources("", null), Report, environment).All where model.Provider == provider select model.Name;

    /// <summary>Says what became of a setting.</summary>
    public void Note(Verdict verdict, string setting, SourceLocation? location, string says)
    {
        if (_notes.Count < MaxNotes)
        {
            _notes.Add(new ImportNote(verdict, setting, location, says));
        }
    }

    /// <summary>Checks the names that clients will use, and settles those of providers with them.</summary>
    public void CheckNames()
    {
        foreach (string name in Config.Models.Select(model => model.Name).Concat(Config.Pools.Select(pool => pool.Name)))
        {
            NameRules.Check(name, name, "model", Report);
        }

        Config.SettleNames(ConfigLoader.ReadCatalog(new ConfigSources("", null), Report) ?? []);
        if (Config.Models.Exists(model => model.MaxConcurrent == DraftModel.ManyCalls))
        {
            Note(Verdict.Approximate, "models.*.max_concurrent", null,
                $"{DraftModel.ManyCalls} calls at once for each model of which nothing else is said: set what the provider's account bears");
        }
    }

    /// <summary>Keeps <paramref name="secret"/> in a file of its own, and gives the file's path.</summary>
    public string KeepSecret(string name, string secret)
    {
        string file = $"{string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' ? letter : '_'))}.key";
        for (int number = 2; SecretFiles.TryGetValue(file, out string? other) && other != secret; number++)
        {
            file = $"{Path.GetFileNameWithoutExtension(file)}-{number}.key";
        }

        SecretFiles[file] = secret;
        return Path.Combine(Folder, "secrets", file);
    }
}

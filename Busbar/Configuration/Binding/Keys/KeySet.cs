namespace Busbar.Configuration.Binding.Keys;

/// <summary>The keys one block may hold.</summary>
/// <param name="path">Where the block stands; <c>*</c> is a name of the user's, <c>[]</c> a list item. Empty for the root.</param>
/// <param name="entries">The keys.</param>
internal sealed class KeySet(string path, params IReadOnlyList<ConfigKey> entries)
{
    /// <summary>Where the block stands.</summary>
    public string Path { get; } = path;

    /// <summary>What is said of each key.</summary>
    public IReadOnlyList<ConfigKey> Entries => entries;

    /// <summary>The keys by their documented names, without aliases.</summary>
    public IReadOnlyList<string> Keys { get; } = [.. entries.Select(entry => entry.Name)];

    /// <summary>Later spellings and the keys they stand for.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>The key of a documented name, which must be one of these.</summary>
    public ConfigKey this[string key] => entries.First(entry => entry.Name == key);

    /// <summary>The whole path of <paramref name="key"/>.</summary>
    public string At(ConfigKey key) => Path.Length == 0 ? key.Name : $"{Path}.{key.Name}";

    /// <summary>The documented name of a key under either spelling; null when there is no such key.</summary>
    public string? Find(string key) => Keys.Contains(key) ? key : Aliases.GetValueOrDefault(key);

    /// <summary>The same block without some keys.</summary>
    public KeySet Without(params string[] keys) => new(Path, [.. entries.Where(entry => !keys.Contains(entry.Name))]);
}

namespace Busbar.Configuration.Binding;

/// <summary>The keys one block may hold.</summary>
/// <param name="path">Where the block stands; <c>*</c> is a name of the user's, <c>[]</c> a list item. Empty for the root.</param>
/// <param name="keys">The keys by their documented names.</param>
internal sealed class KeySet(string path, params string[] keys)
{
    /// <summary>Where the block stands.</summary>
    public string Path { get; } = path;

    /// <summary>The keys, without aliases.</summary>
    public IReadOnlyList<string> Keys { get; } = keys;

    /// <summary>Later spellings and the keys they stand for.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>The documented name of a key under either spelling; null when there is no such key.</summary>
    public string? Find(string key) => Keys.Contains(key) ? key : Aliases.GetValueOrDefault(key);
}

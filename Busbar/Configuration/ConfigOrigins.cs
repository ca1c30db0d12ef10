namespace Busbar.Configuration;

/// <summary>Where each value of a configuration was written, by path.</summary>
internal sealed class ConfigOrigins(IReadOnlyDictionary<string, ConfigOrigin> byPath)
{
    /// <summary>Nothing was written anywhere.</summary>
    public static ConfigOrigins None { get; } = new(new Dictionary<string, ConfigOrigin>());

    /// <summary>Where the value at <paramref name="path"/> was written; null when it is a default.</summary>
    public ConfigOrigin? Find(string path) => byPath.GetValueOrDefault(path);
}

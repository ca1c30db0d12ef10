namespace Busbar.Configuration.Yaml;

/// <summary>A mapping with its keys in the order of the document, each once.</summary>
internal sealed class YamlMap(SourceLocation location) : YamlNode(location)
{
    /// <summary>Keys and values.</summary>
    public List<(YamlText Key, YamlNode Value)> Entries { get; } = [];
}

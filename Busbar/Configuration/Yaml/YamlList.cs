namespace Busbar.Configuration.Yaml;

/// <summary>A sequence.</summary>
internal sealed class YamlList(SourceLocation location) : YamlNode(location)
{
    /// <summary>Its items.</summary>
    public List<YamlNode> Items { get; } = [];
}

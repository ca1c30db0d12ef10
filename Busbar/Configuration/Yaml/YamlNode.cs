namespace Busbar.Configuration.Yaml;

/// <summary>A value in a YAML document.</summary>
internal abstract class YamlNode(SourceLocation location)
{
    /// <summary>Where it begins.</summary>
    public SourceLocation Location { get; } = location;

    /// <summary>Values in it, itself included; an alias counts for all it stands for.</summary>
    public int Size { get; set; } = 1;
}

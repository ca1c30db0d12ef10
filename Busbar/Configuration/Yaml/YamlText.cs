namespace Busbar.Configuration.Yaml;

/// <summary>A scalar, as its text.</summary>
internal sealed class YamlText(SourceLocation location, string value, bool isPlain) : YamlNode(location)
{
    /// <summary>The text, after YAML's own unquoting.</summary>
    public string Value { get; } = value;

    /// <summary>True when it stands without quotes, so that YAML would give it a type.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <summary>True for YAML's spellings of nothing: empty, <c>~</c> and <c>null</c>.</summary>
    public bool IsNull => IsPlain && Value is ("" or "~" or "null" or "Null" or "NULL");
}

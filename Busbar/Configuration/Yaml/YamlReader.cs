using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Busbar.Configuration.Yaml;

/// <summary>
/// Turns the text of one YAML document into a tree that keeps lines and columns. Depth and size are bounded, and an alias counts for everything it
/// stands for, so a small file cannot grow into a large tree.
/// </summary>
internal sealed class YamlReader
{
    private const int DeepestNesting = 32;
    private const int MaxValues = 100_000;
    private const string CoreTag = "tag:yaml.org,2002:";

    private readonly string _file;
    private readonly ConfigReport _report;
    private readonly Parser _parser;
    private readonly bool _merges;
    private readonly Dictionary<AnchorName, YamlNode?> _anchors = [];
    private int _values;

    private YamlReader(string text, string file, ConfigReport report, bool merges)
    {
        _merges = merges;
        _file = file;
        _report = report;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads <paramref name="text"/>; null when it is empty or not YAML. What is wrong goes to <paramref name="report"/>.</summary>
    /// <param name="text">The document.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="report">Takes the problems.</param>
    /// <param name="merges">Whether merge keys (<c>&lt;&lt;</c>) are expanded, as other programs do; otherwise they are a problem.</param>
    public static YamlNode? Read(string text, string file, ConfigReport report, bool merges = false)
    {
        try
        {
            return new YamlReader(text, file, report, merges).ReadDocument();
        }
        catch (YamlException problem)
        {
            report.Error("", Locate(file, problem.Start), $"not valid YAML: {problem.Message}");
            return null;
        }
    }

    private YamlNode? ReadDocument()
    {
        Next();
        if (Next() is StreamEnd)
        {
            return null;
        }

        Next();
        YamlNode root = ReadNode("", 0);
        Next();
        if (Next() is DocumentStart second)
        {
            throw Refusal(second, "the file holds more than one document");
        }

        return root;
    }

    private YamlNode ReadNode(string path, int depth)
    {
        ParsingEvent at = _parser.Current!;
        if (depth > DeepestNesting)
        {
            throw Refusal(at, $"nested deeper than {DeepestNesting} levels");
        }

        Count(at, 1);
        if (at is NodeEvent { Tag.IsEmpty: false } tagged && !tagged.Tag.Value.StartsWith(CoreTag, StringComparison.Ordinal))
        {
            _report.Error(path, Locate(_file, at.Start), "YAML tags are not supported", "remove the tag");
        }

        switch (at)
        {
            case AnchorAlias alias:
                return Resolve(alias);
            case Scalar scalar:
                YamlText text = new(Locate(_file, at.Start), scalar.Value, scalar.Style == ScalarStyle.Plain);
                Remember(scalar, text);
                return text;
            case SequenceStart start:
                return ReadList(start, path, depth);
            case MappingStart start:
                return ReadMap(start, path, depth);
            default:
                throw Refusal(at, "unexpected content");
        }
    }

    private YamlList ReadList(SequenceStart start, string path, int depth)
    {
        YamlList list = new(Locate(_file, start.Start));
        BeginAnchor(start);
        while (Next() is not SequenceEnd)
        {
            YamlNode item = ReadNode($"{path}[{list.Items.Count}]", depth + 1);
            list.Items.Add(item);
            list.Size += item.Size;
        }

        Remember(start, list);
        return list;
    }

    private YamlMap ReadMap(MappingStart start, string path, int depth)
    {
        YamlMap map = new(Locate(_file, start.Start));
        Dictionary<string, SourceLocation> seen = [];
        List<YamlMap> merged = [];
        BeginAnchor(start);
        while (Next() is not MappingEnd)
        {
            ParsingEvent at = _parser.Current!;
            if (ReadNode(path, depth + 1) is not YamlText key)
            {
                throw Refusal(at, "a key must be a single word, not a mapping or a list");
            }

            string inner = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            Next();
            YamlNode value = ReadNode(inner, depth + 1);
            if (key is { IsPlain: true, Value: "<<" } && _merges)
            {
                merged.AddRange(value switch { YamlMap one => [one], YamlList list => list.Items.OfType<YamlMap>(),
                    _ => throw Refusal(at, "'<<' must be followed by a mapping or a list of mappings") });
            }
            else if (key is { IsPlain: true, Value: "<<" })
            {
                _report.Error(inner, key.Location, "merge keys ('<<') are not expanded", "repeat the keys, or use an alias for the whole value");
            }
            else if (!seen.TryAdd(key.Value, key.Location))
            {
                _report.Error(inner, key.Location, $"the key is given twice; it is first given at {seen[key.Value]}", "keep one of them");
            }
            else
            {
                map.Entries.Add((key, value));
                map.Size += 1 + value.Size;
            }
        }

        // What the mapping says itself goes first, then the earlier one of those that are merged.
        foreach ((YamlText key, YamlNode value) in merged.SelectMany(other => other.Entries)
            .Where(entry => seen.TryAdd(entry.Key.Value, entry.Key.Location)))
        {
            map.Entries.Add((key, value));
            map.Size += 1 + value.Size;
        }

        Remember(start, map);
        return map;
    }

    private YamlNode Resolve(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out YamlNode? target))
        {
            throw Refusal(alias, $"the alias '*{alias.Value}' stands for nothing above it");
        }

        if (target is null)
        {
            throw Refusal(alias, $"the alias '*{alias.Value}' stands inside the value it names");
        }

        Count(alias, target.Size);
        return target;
    }

    private void BeginAnchor(NodeEvent start)
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = null;
        }
    }

    private void Remember(NodeEvent start, YamlNode node)
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = node;
        }
    }

    private void Count(ParsingEvent at, int values)
    {
        _values += values;
        if (_values > MaxValues)
        {
            throw Refusal(at, $"more than {MaxValues} values, those that aliases stand for included");
        }
    }

    private ParsingEvent Next()
    {
        try
        {
            if (_parser.MoveNext())
            {
                return _parser.Current!;
            }
        }
        catch (Exception problem) when (problem is not YamlException)
        {
            // The library's scanner meets some broken texts with exceptions of other kinds.
            Mark last = _parser.Current?.End ?? new Mark();
            throw new YamlException(last, last, "the text after this place makes no sense");
        }

        throw new YamlException("the document ends too early");
    }

    private static YamlException Refusal(ParsingEvent at, string message) => new(at.Start, at.End, message);

    private static SourceLocation Locate(string file, Mark mark) => new(file, (int)mark.Line, (int)mark.Column);
}

using System.Globalization;
using Busbar.Configuration;
using Busbar.Configuration.Yaml;

namespace Busbar.Import;

/// <summary>
/// A mapping of another gateway's configuration. It knows which of its keys were dealt with, so that none is passed over in silence.
/// </summary>
/// <param name="map">The mapping.</param>
/// <param name="path">Its path, for notes; empty for the whole file.</param>
/// <param name="plan">Takes notes and problems.</param>
internal sealed class ForeignMap(YamlMap map, string path, ImportPlan plan)
{
    private readonly HashSet<string> _taken = [];

    /// <summary>Its path.</summary>
    public string Path { get; } = path;

    /// <summary>Where it stands.</summary>
    public SourceLocation Location => map.Location;

    /// <summary>The names of its keys.</summary>
    public IEnumerable<string> Names => map.Entries.Select(entry => entry.Key.Value);

    /// <summary>The path of <paramref name="key"/>.</summary>
    public string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>Whether there is a value for <paramref name="key"/>.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Where <paramref name="key"/> stands; the mapping when it does not.</summary>
    public SourceLocation Where(string key) => map.Entries.Find(entry => entry.Key.Value == key).Key?.Location ?? map.Location;

    /// <summary>The value of <paramref name="key"/>, which counts as dealt with; null when it is missing or YAML's nothing.</summary>
    public YamlNode? Take(string key)
    {
        _taken.Add(key);
        return Find(key);
    }

    /// <summary>A text; null when it is missing, or a problem when it is none.</summary>
    public string? Text(string key) => Take(key) switch
    {
        null => null,
        YamlText text => text.Value,
        _ => Wrong<string>(key, "a text"),
    };

    /// <summary>A text that must be there.</summary>
    public string? Required(string key)
    {
        string? text = Text(key);
        if (text is null ? Find(key) is null : string.IsNullOrWhiteSpace(text))
        {
            plan.Report.Error(At(key), Where(key), $"'{key}' is required");
            return null;
        }

        return text;
    }

    /// <summary>A number; null when it is missing, or a problem when it is none.</summary>
    public decimal? Number(string key)
    {
        YamlNode? node = Take(key);
        return node is null ? null
            : node is YamlText text && decimal.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number
            : Wrong<decimal?>(key, "a number");
    }

    /// <summary>A whole number from <paramref name="least"/> on, rounded up; null when it is missing.</summary>
    public int? Whole(string key, int least = 0)
    {
        if (Number(key) is not { } number)
        {
            return null;
        }

        if (number < least || number > int.MaxValue)
        {
            plan.Report.Error(At(key), Where(key), $"the number must be from {least} to {int.MaxValue}");
            return null;
        }

        return (int)Math.Ceiling(number);
    }

    /// <summary>A switch; null when it is missing.</summary>
    public bool? Switch(string key) => Take(key) switch
    {
        null => null,
        YamlText { Value: "true" or "True" or "TRUE" or "yes" or "on" } => true,
        YamlText { Value: "false" or "False" or "FALSE" or "no" or "off" } => false,
        _ => Wrong<bool?>(key, "true or false"),
    };

    /// <summary>A mapping; null when it is missing, or a problem when it is none.</summary>
    public ForeignMap? Map(string key) => Take(key) switch
    {
        null => null,
        YamlMap inner => new ForeignMap(inner, At(key), plan),
        _ => Wrong<ForeignMap>(key, "a mapping"),
    };

    /// <summary>The mappings of a list; a problem for what is none.</summary>
    public IEnumerable<ForeignMap> Maps(string key)
    {
        int index = 0;
        foreach (YamlNode item in List(key))
        {
            string at = $"{At(key)}[{index++}]";
            if (item is YamlMap inner)
            {
                yield return new ForeignMap(inner, at, plan);
            }
            else
            {
                plan.Report.Error(at, item.Location, "must be a mapping");
            }
        }
    }

    /// <summary>The texts of a list, or the one text that stands in its place; a problem for what is none.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        if (Find(key) is YamlText single)
        {
            _taken.Add(key);
            return [single.Value];
        }

        List<string> texts = [];
        foreach (YamlNode item in List(key))
        {
            if (item is YamlText text)
            {
                texts.Add(text.Value);
            }
            else
            {
                plan.Report.Error(At(key), item.Location, "must be a list of texts");
            }
        }

        return texts;
    }

    /// <summary>This mapping with what <paramref name="other"/> says besides; what stands here goes first.</summary>
    public ForeignMap Over(YamlMap other)
    {
        var merged = new YamlMap(map.Location);
        merged.Entries.AddRange(other.Entries.Where(entry => !Has(entry.Key.Value)));
        merged.Entries.AddRange(map.Entries);
        return new ForeignMap(merged, Path, plan);
    }

    /// <summary>Says <paramref name="verdict"/> of a key, if it is there, which counts as dealt with.</summary>
    public void Note(string key, Verdict verdict, string says)
    {
        if (Take(key) is not null)
        {
            plan.Note(verdict, At(key), Where(key), says);
        }
    }

    /// <summary>Says of every key that nobody took that there is nothing like it.</summary>
    public void Rest(string says = "Busbar has nothing like it")
    {
        foreach ((YamlText key, YamlNode value) in map.Entries)
        {
            if (_taken.Add(key.Value) && value is not YamlText { IsNull: true })
            {
                plan.Note(Verdict.Unsupported, At(key.Value), key.Location, says);
            }
        }
    }

    private List<YamlNode> List(string key) => Take(key) switch
    {
        null => [],
        YamlList list => list.Items,
        _ => Wrong<List<YamlNode>>(key, "a list") ?? [],
    };

    private YamlNode? Find(string key) => map.Entries.FindLast(entry => entry.Key.Value == key).Value is { } node and not YamlText { IsNull: true }
        ? node : null;

    private T? Wrong<T>(string key, string kind)
    {
        plan.Report.Error(At(key), Where(key), $"must be {kind}");
        return default;
    }
}

using System.Globalization;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding;

/// <summary>
/// One block of a configuration file, read key by key. Every reader reports what is wrong and answers with the fallback, so that a run finds all
/// problems. Keys the block does not know are reported when it is opened.
/// </summary>
internal sealed class Section
{
    private readonly Dictionary<string, YamlNode> _values = [];
    private readonly KeySet _keys;
    private readonly ConfigReport _report;
    private readonly IEnvironment _environment;

    /// <summary>Opens a block.</summary>
    /// <param name="node">What stands there; null or YAML's null for an empty block.</param>
    /// <param name="path">Its path for messages.</param>
    /// <param name="keys">What it may hold.</param>
    /// <param name="report">Takes the problems.</param>
    /// <param name="environment">For variables in scalars.</param>
    public Section(YamlNode? node, string path, KeySet keys, ConfigReport report, IEnvironment environment)
    {
        (Path, _keys, _report, _environment) = (path, keys, report, environment);
        if (node is not null && path.Length > 0)
        {
            report.Place(path, node.Location, null);
        }

        switch (node)
        {
            case null or YamlText { IsNull: true }:
                break;
            case YamlMap map:
                IsPresent = true;
                Open(map);
                break;
            default:
                report.Error(path, node.Location, "expected a block of keys", $"its keys are: {string.Join(", ", keys.Keys)}");
                break;
        }
    }

    /// <summary>The block's own path.</summary>
    public string Path { get; }

    /// <summary>False when the block is missing or empty.</summary>
    public bool IsPresent { get; }

    /// <summary>The path of a key in this block.</summary>
    public string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>True when the key has a value.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>The value of a key as it stands; null when missing.</summary>
    public YamlNode? Node(string key) => _values.GetValueOrDefault(key);

    /// <summary>A block inside this one.</summary>
    public Section Inner(string key, KeySet keys) => new(Node(key), At(key), keys, _report, _environment);

    /// <summary>The text of a key with variables put in; null when missing. Anything that is not a scalar is an error.</summary>
    public string? Text(string key) => Node(key) is { } node ? Text(node, At(key)) : null;

    /// <summary>As <see cref="Text(string)"/>, blank is an error too.</summary>
    public string? Filled(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (!string.IsNullOrWhiteSpace(text))
        {
            return text;
        }

        _report.Error(At(key), "must not be blank");
        return null;
    }

    /// <summary>A value that must never be printed; null when missing.</summary>
    public Secret? Secret(string key)
    {
        _report.Conceal(At(key));
        return Text(key) is { } text ? new Secret(text) : null;
    }

    /// <summary>A whole number in the range of its key; null when missing or wrong.</summary>
    public long? Integer(string key) => Integer(key, _keys[key].Min, _keys[key].Max);

    /// <summary>A whole number in the range of its key, or the fallback when missing or wrong.</summary>
    public int Integer(string key, int fallback) => (int)(Integer(key) ?? fallback);

    /// <summary>A whole number; null when missing or wrong.</summary>
    public long? Integer(string key, long least, long most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        ReadOnlySpan<char> digits = text.AsSpan().TrimStart("+-");
        if (digits.Length > 1 && digits[0] == '0')
        {
            _report.Error(At(key), "not a whole number in decimal digits", "write it without a leading zero");
        }
        else if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            _report.Error(At(key), "not a whole number", $"give one from {least} to {most}");
        }
        else if (number < least || number > most)
        {
            _report.Error(At(key), number < least ? $"must be at least {least}" : $"must be at most {most}",
                $"give a whole number from {least} to {most}");
        }
        else
        {
            return number;
        }

        return null;
    }

    /// <summary>
    /// A decimal number from 0 to <paramref name="most"/> with up to four decimals, in ten-thousandths; null when missing or wrong.
    /// </summary>
    public long? TenThousandths(string key, long most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            _report.Error(At(key), "not a decimal number", $"give one from 0 to {most}, such as 12.5");
        }
        else if (number < 0 || number > most)
        {
            _report.Error(At(key), number < 0 ? "must be at least 0" : $"must be at most {most}", $"give a number from 0 to {most}");
        }
        else if (number * 10_000 != decimal.Truncate(number * 10_000))
        {
            _report.Error(At(key), "more than four decimals", "round it to ten-thousandths");
        }
        else
        {
            return (long)(number * 10_000);
        }

        return null;
    }

    /// <summary>A decimal number, <c>.nan</c> and <c>.inf</c> included; the fallback when missing or no number.</summary>
    public double Number(string key, double fallback)
    {
        if (Text(key) is not { } text)
        {
            return fallback;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.Equals(".nan", StringComparison.OrdinalIgnoreCase))
        {
            return double.NaN;
        }

        if (text.Equals(".inf", StringComparison.OrdinalIgnoreCase))
        {
            return double.PositiveInfinity;
        }

        if (double.TryParse(text, Style, CultureInfo.InvariantCulture, out double number))
        {
            return number;
        }

        _report.Error(At(key), "not a number");
        return fallback;
    }

    /// <summary>A switch: <c>true</c> or <c>false</c>. Null when missing or wrong.</summary>
    public bool? Switch(string key)
    {
        switch (Text(key)?.ToLowerInvariant())
        {
            case null:
                return null;
            case "true":
                return true;
            case "false":
                return false;
            case "yes" or "on" or "y":
                _report.Error(At(key), "not a switch", "write true");
                return null;
            case "no" or "off" or "n":
                _report.Error(At(key), "not a switch", "write false");
                return null;
            default:
                _report.Error(At(key), "not a switch", "write true or false");
                return null;
        }
    }

    /// <summary>One of some words, exactly as spelt; null when missing or unknown.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        List<string> words = [];
        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        _report.Error(At(key), "not one of the possible values", $"use one of: {string.Join(", ", words)}");
        return null;
    }

    /// <summary>The entries of a mapping whose keys are names of the user's.</summary>
    public IReadOnlyList<(string Name, string Path, YamlNode Node)> Named(string key)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case YamlMap map:
                List<(string, string, YamlNode)> entries = [];
                foreach ((YamlText name, YamlNode node) in map.Entries)
                {
                    string path = $"{At(key)}.{name.Value}";
                    _report.Place(path, name.Location, (node as YamlText)?.Value);
                    entries.Add((name.Value, path, node));
                }

                return entries;
            case var other:
                _report.Error(At(key), other.Location, "expected a mapping of names", "write one 'name:' per line, indented below it");
                return [];
        }
    }

    /// <summary>The items of a list.</summary>
    public IReadOnlyList<(string Path, YamlNode Node)> Items(string key)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case YamlList list:
                return [.. list.Items.Select((node, index) =>
                {
                    string path = $"{At(key)}[{index}]";
                    _report.Place(path, node.Location, (node as YamlText)?.Value);
                    return (path, node);
                })];
            case var other:
                _report.Error(At(key), other.Location, "expected a list", "write one '- item' per line, or [item, item]");
                return [];
        }
    }

    /// <summary>A list of texts with variables put in; blank items are errors and left out.</summary>
    /// <param name="key">The key.</param>
    /// <param name="secret">True when no item may be printed.</param>
    public IReadOnlyList<string> Texts(string key, bool secret = false)
    {
        List<string> texts = [];
        if (secret)
        {
            // A single value where the list belongs is as secret as an item.
            _report.Conceal(At(key));
        }

        foreach ((string path, YamlNode node) in Items(key))
        {
            if (secret)
            {
                _report.Conceal(path);
            }

            string? text = Text(node, path);
            if (node is YamlText { IsNull: true } || (text is not null && string.IsNullOrWhiteSpace(text)))
            {
                _report.Error(path, "must not be blank");
            }
            else if (text is not null)
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    /// <summary>
    /// The text of a scalar that stands at <paramref name="path"/>, with variables put in; null for YAML's null and for anything else, which is an
    /// error.
    /// </summary>
    public string? Text(YamlNode node, string path)
    {
        if (node is not YamlText text)
        {
            _report.Error(path, node.Location, "expected a single value, not a list or a block");
            return null;
        }

        if (text.IsNull)
        {
            return null;
        }

        string? problem = Interpolation.Expand(text.Value, _environment, out string value);
        if (problem is null)
        {
            return value;
        }

        _report.Error(path, problem, "'${NAME}' stands for an environment variable");
        return null;
    }

    private void Open(YamlMap map)
    {
        Dictionary<string, string> spellings = [];
        foreach ((YamlText key, YamlNode node) in map.Entries)
        {
            string path = At(key.Value);
            if (_keys.Find(key.Value) is not { } name)
            {
                _report.Error(path, key.Location, $"unknown key '{key.Value}'", UnknownKeyRemedy(key.Value));
                continue;
            }

            if (!spellings.TryAdd(name, key.Value))
            {
                _report.Error(path, key.Location, $"'{key.Value}' and '{spellings[name]}' are two spellings of one key", "keep one of them");
                continue;
            }

            _report.Place(At(name), node.Location, (node as YamlText)?.Value);
            if (node is not YamlText { IsNull: true })
            {
                _values.Add(name, node);
            }
        }
    }

    private string UnknownKeyRemedy(string key)
    {
        IReadOnlyList<string> known = [.. _keys.Keys, .. _keys.Aliases.Keys];
        return Nearest.To(key, known) is { } near ? $"did you mean '{near}'?"
            : ConfigKeys.All.FirstOrDefault(other => other.Find(key) is not null) is { } home
                ? $"it belongs {(home.Path.Length == 0 ? "at the top level" : $"under {home.Path}")}"
            : $"known here are: {string.Join(", ", known)}";
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>A reading of <c>/metrics</c>.</summary>
internal sealed partial class MetricsPage
{
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    /// <summary>Reads the text format.</summary>
    public MetricsPage(string text)
    {
        Text = text;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
            {
                int space = line.LastIndexOf(' ');
                _values.Add(line[..space], double.Parse(line[(space + 1)..], CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>The page as it came.</summary>
    public string Text { get; }

    /// <summary>Name and labels of every series.</summary>
    public IEnumerable<string> Series => _values.Keys;

    /// <summary>
    /// The one series with this name and exactly these labels, in the order in which the page has them; 0 while these labels were not seen. The page
    /// must announce the name.
    /// </summary>
    public double this[string name, params (string Name, string Value)[] labels]
    {
        get
        {
            string series = labels.Length == 0 ? name : $"{name}{{{string.Join(',', labels.Select(label => $"{label.Name}=\"{label.Value}\""))}}}";
            Assert.Contains($"\n# TYPE {Part().Replace(name, "")} ", "\n" + Text, StringComparison.Ordinal);
            return _values.GetValueOrDefault(series);
        }
    }

    /// <summary>The sum over all series of one name.</summary>
    public double Sum(string name) => _values.Where(pair => pair.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(pair => pair.Value);

    /// <summary>The sum over all series of one name that have a label.</summary>
    public double Sum(string name, string label, string value) =>
        _values.Where(pair => pair.Key.StartsWith(name + "{", StringComparison.Ordinal)
            && pair.Key.Contains($"{label}=\"{value}\"", StringComparison.Ordinal)).Sum(pair => pair.Value);

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}

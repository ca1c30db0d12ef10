using System.Globalization;
using System.Text.RegularExpressions;
using Busbar.Observability.Tracing;

namespace Busbar.Observability.Metrics;

/// <summary>
/// The page of figures as one <c>ExportMetricsServiceRequest</c>: counters as cumulative sums, gauges, histograms. Field numbers are those of
/// opentelemetry-proto 1.x (<c>collector/metrics/v1/metrics_service.proto</c>, <c>metrics/v1/metrics.proto</c>).
/// </summary>
/// <param name="start">When counting began.</param>
internal sealed partial class MetricsBatch(DateTimeOffset start)
{
    private const int Gauge = 5;
    private const int Sum = 7;
    private const int Histograms = 9;
    private const int Cumulative = 2;

    private readonly ProtoWriter _writer = new();
    private readonly string _instance = Guid.NewGuid().ToString();
    private readonly List<long> _below = [];

    /// <summary>Writes <paramref name="page"/>, read at <paramref name="now"/>; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Of(string page, DateTimeOffset now)
    {
        _writer.Clear();
        int resourceMetrics = _writer.Open(1);
        int resource = _writer.Open(1);
        Attribute(1, "service.name", "busbar");
        Attribute(1, "service.version", ProductVersion.Text);
        Attribute(1, "service.instance.id", _instance);
        _writer.Close(resource);
        int scopeMetrics = _writer.Open(2);
        int scope = _writer.Open(1);
        _writer.Text(1, "busbar");
        _writer.Text(2, ProductVersion.Text);
        _writer.Close(scope);
        foreach (string family in page.Split("# HELP ", StringSplitOptions.RemoveEmptyEntries))
        {
            Family(family.Split('\n', StringSplitOptions.RemoveEmptyEntries), Nanoseconds(now));
        }

        _writer.Close(scopeMetrics);
        _writer.Close(resourceMetrics);
        return _writer.Written;
    }

    // Two lines of announcement, then a line for each series.
    private void Family(string[] lines, long now)
    {
        if (lines.Length <= 2)
        {
            return;
        }

        string[] help = lines[0].Split(' ', 2);
        int kind = lines[1][(lines[1].LastIndexOf(' ') + 1)..] switch { "counter" => Sum, "histogram" => Histograms, _ => Gauge };
        int metric = _writer.Open(2);
        _writer.Text(1, help[0]);
        _writer.Text(2, help[1]);
        int data = _writer.Open(kind);
        double sum = 0;
        foreach (string line in lines.AsSpan(2))
        {
            int space = line.LastIndexOf(' ');
            string series = line[..space];
            double value = double.Parse(line.AsSpan(space + 1), CultureInfo.InvariantCulture);
            if (kind != Histograms)
            {
                Point(series, value, now);
            }
            else if (series.StartsWith(help[0] + "_bucket", StringComparison.Ordinal))
            {
                _below.Add((long)value);
            }
            else if (series.StartsWith(help[0] + "_sum", StringComparison.Ordinal))
            {
                sum = value;
            }
            else
            {
                Distribution(series, sum, now);
            }
        }

        if (kind != Gauge)
        {
            _writer.Number(2, Cumulative);
        }

        if (kind == Sum)
        {
            _writer.Number(3, 1);
        }

        _writer.Close(data);
        _writer.Close(metric);
    }

    private void Point(string series, double value, long now)
    {
        int point = _writer.Open(1);
        _writer.Fixed64(2, Nanoseconds(start));
        _writer.Fixed64(3, now);
        _writer.Fixed64(4, BitConverter.DoubleToInt64Bits(value));
        Labels(7, series);
        _writer.Close(point);
    }

    // Buckets of the page count everything below their bound, those of OTLP only what is above the one before.
    private void Distribution(string series, double sum, long now)
    {
        int point = _writer.Open(1);
        _writer.Fixed64(2, Nanoseconds(start));
        _writer.Fixed64(3, now);
        _writer.Fixed64(4, _below[^1]);
        _writer.Fixed64(5, BitConverter.DoubleToInt64Bits(sum));
        for (int bucket = 0; bucket < _below.Count; bucket++)
        {
            _writer.Fixed64(6, _below[bucket] - (bucket == 0 ? 0 : _below[bucket - 1]));
        }

        foreach (double bound in Histogram.Bounds)
        {
            _writer.Fixed64(7, BitConverter.DoubleToInt64Bits(bound));
        }

        Labels(9, series);
        _writer.Close(point);
        _below.Clear();
    }

    private void Labels(int field, string series)
    {
        foreach (Match label in Label().Matches(series))
        {
            Attribute(field, label.Groups[1].Value, Escape().Replace(label.Groups[2].Value, escape => escape.Value == @"\n" ? "\n" : escape.Value[1..]));
        }
    }

    private void Attribute(int field, string key, string text)
    {
        int pair = _writer.Open(field);
        _writer.Text(1, key);
        int value = _writer.Open(2);
        _writer.Text(1, text);
        _writer.Close(value);
        _writer.Close(pair);
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escape();

    [GeneratedRegex(@"(\w+)=""((?:[^""\\]|\\.)*)""")]
    private static partial Regex Label();
}

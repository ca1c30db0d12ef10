using System.Collections.Concurrent;

namespace Busbar.Observability.Metrics;

/// <summary>All series of one metric name. A series is made when its labels are seen for the first time.</summary>
/// <param name="budget">Bounds the series of all families.</param>
/// <param name="name">The metric's name.</param>
/// <param name="help">One sentence for HELP.</param>
/// <param name="create">Makes a series from its labels.</param>
/// <param name="labelNames">The names of its labels.</param>
internal sealed class MetricFamily<TSeries>(SeriesBudget budget, string name, string help, Func<KeyValuePair<string, object?>[], TSeries> create,
    params string[] labelNames)
    where TSeries : class
{
    private static readonly int Lines = typeof(TSeries) == typeof(Histogram) ? Histogram.Bounds.Length + 3 : 1;

    private readonly ConcurrentDictionary<string, TSeries> _series = new(StringComparer.Ordinal);
    private readonly TSeries _unshown = create([]);

    /// <summary>The metric's name.</summary>
    public string Name => name;

    /// <summary>One sentence for HELP.</summary>
    public string Help => help;

    /// <summary>The series made so far, in the order of their labels.</summary>
    public IEnumerable<TSeries> Series => _series.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value);

    /// <summary>The series made so far, in no order.</summary>
    public IEnumerable<TSeries> Unordered => _series.Select(pair => pair.Value);

    /// <summary>
    /// The series with these label values, in the order of the label names; one that is not shown when there are too many series. Whoever counts
    /// often keeps the result. The values must come from configuration, never from a client.
    /// </summary>
    public TSeries Get(params ReadOnlySpan<string> values)
    {
        var labels = new KeyValuePair<string, object?>[values.Length];
        for (int index = 0; index < labels.Length; index++)
        {
            labels[index] = new(labelNames[index], values[index]);
        }

        string key = LabelText.Render(labels);
        if (_series.TryGetValue(key, out TSeries? series))
        {
            return series;
        }

        lock (_series)
        {
            return _series.TryGetValue(key, out series) ? series
                : budget.TryTake(Lines) ? _series.GetOrAdd(key, create(labels))
                : _unshown;
        }
    }
}

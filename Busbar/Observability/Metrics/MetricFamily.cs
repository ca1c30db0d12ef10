using System.Collections.Concurrent;

namespace Busbar.Observability.Metrics;

/// <summary>All series of one metric name. Series are made when the configuration is loaded and exist with zero from then on.</summary>
internal sealed class MetricFamily<TSeries>(string name, string help, Func<string, TSeries> create, params string[] labelNames)
    where TSeries : class
{
    private readonly ConcurrentDictionary<string, TSeries> _series = new(StringComparer.Ordinal);

    /// <summary>The metric's name.</summary>
    public string Name => name;

    /// <summary>One sentence for HELP.</summary>
    public string Help => help;

    /// <summary>The series made so far, in the order of their labels.</summary>
    public IEnumerable<TSeries> Series => _series.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value);

    /// <summary>The series with these label values, in the order of the label names. The values must come from configuration, never from a client.</summary>
    public TSeries Get(params ReadOnlySpan<string> values) => _series.GetOrAdd(LabelText.Render(labelNames, values), create);
}

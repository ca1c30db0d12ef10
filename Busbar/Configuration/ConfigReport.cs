using Busbar.Configuration.Binding;
using Busbar.Configuration.Guards;

namespace Busbar.Configuration;

/// <summary>Collects what is wrong while a configuration is read, and knows where every key stands.</summary>
internal sealed class ConfigReport
{
    private const int LongestShownValue = 80;

    private readonly Dictionary<string, (SourceLocation Location, string? Value)> _places = [];
    private readonly Dictionary<string, ConfigOrigin> _origins = [];
    private readonly List<ConfigProblem> _problems = [];

    /// <summary>What was found so far.</summary>
    public IReadOnlyList<ConfigProblem> Problems => _problems;

    /// <summary>Notes where a key stands and, unless it may be secret, what it says. A later note replaces an earlier one.</summary>
    public void Place(string path, SourceLocation location, string? value)
    {
        _places[path] = (location, value);
        _origins[path] = new ConfigOrigin(location, value is null ? [] : Interpolation.Names(value));
    }

    /// <summary>Where everything stands that was found so far.</summary>
    public ConfigOrigins Origins() => new(_origins.ToDictionary());

    /// <summary>Forgets the value of a key that turned out to be secret.</summary>
    public void Conceal(string path)
    {
        if (_places.TryGetValue(path, out var place))
        {
            _places[path] = (place.Location, null);
        }
    }

    /// <summary>Notes a fatal problem with a key.</summary>
    public void Error(string path, string message, string? remedy = null) => Add(ProblemSeverity.Error, path, message, remedy);

    /// <summary>Notes a problem that does not stop the start.</summary>
    public void Warn(string path, string message, string? remedy = null) => Add(ProblemSeverity.Warning, path, message, remedy);

    /// <summary>Notes a fatal problem at a known place.</summary>
    public void Error(string path, SourceLocation location, string message, string? remedy = null) => _problems.Add(new ConfigProblem
    {
        Severity = ProblemSeverity.Error,
        Path = path,
        Location = location,
        Message = message,
        Remedy = remedy,
    });

    /// <summary>Takes over what is wrong with another file.</summary>
    public void AddProblemsOf(ConfigReport other) => _problems.AddRange(other._problems);

    private void Add(ProblemSeverity severity, string path, string message, string? remedy)
    {
        SourceLocation? location = null;
        string? value = null;
        if (_places.TryGetValue(path, out var place))
        {
            (location, value) = (place.Location, Shown(place.Value));
        }
        else
        {
            for (string owner = Owner(path); owner.Length > 0 && location is null; owner = Owner(owner))
            {
                location = _places.TryGetValue(owner, out var around) ? around.Location : null;
            }
        }

        _problems.Add(new ConfigProblem
        {
            Severity = severity,
            Path = path,
            Location = location,
            Value = value,
            Message = message,
            Remedy = remedy,
        });
    }

    private static string Owner(string path)
    {
        int end = path.AsSpan().LastIndexOfAny('.', '[');
        return end < 0 ? "" : path[..end];
    }

    private static string? Shown(string? value)
    {
        string? shown = value is null ? null : UserInfo.Hide(value);
        return shown?.Length > LongestShownValue ? shown[..LongestShownValue] + "..." : shown;
    }
}

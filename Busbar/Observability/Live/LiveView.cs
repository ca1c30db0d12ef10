using Busbar.Reliability;

namespace Busbar.Observability.Live;

/// <summary>
/// What can be seen of a running gateway without any other program: what just happened, what is happening, and how it came to that.
/// </summary>
internal sealed class LiveView : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private ITimer? _timer;

    /// <summary>Looks at the counters of <paramref name="metrics"/>.</summary>
    public LiveView(Metrics.Metrics metrics, TimeProvider time)
    {
        _time = time;
        Figures = new FigureHistory(metrics);
        Events = new LiveEvents(this);
    }

    /// <summary>The requests that ended last.</summary>
    public RecentRequests Requests { get; } = new();

    /// <summary>The figures of the last hour and day.</summary>
    public FigureHistory Figures { get; }

    /// <summary>The changes of breakers.</summary>
    public BreakerHistory Breakers { get; } = new();

    /// <summary>Who is told of all that as it happens.</summary>
    public LiveEvents Events { get; }

    /// <summary>Begins to look at the counters, and at the lanes that <paramref name="fleet"/> names, once a second.</summary>
    public void Start(Func<Fleet> fleet) => _timer = _time.CreateTimer(_ => Look(fleet), null, Second, Second);

    /// <summary>Looks once.</summary>
    public void Look(Func<Fleet> fleet)
    {
        Figures.Read(_time.GetUtcNow().ToUnixTimeSeconds());
        Events.Tell(fleet);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        Events.Close();
    }
}

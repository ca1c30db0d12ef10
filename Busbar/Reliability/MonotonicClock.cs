namespace Busbar.Reliability;

/// <summary>
/// Milliseconds since the clock was made, from <see cref="TimeProvider.GetTimestamp"/>: never goes back, knows nothing of the calendar.
/// One instance lives as long as the cells whose deadlines it measured.
/// </summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();

    /// <summary>Where timers come from.</summary>
    public TimeProvider Time => time;

    /// <summary>Now, in whole milliseconds, never negative.</summary>
    public long NowMs => (long)time.GetElapsedTime(_origin).TotalMilliseconds;
}

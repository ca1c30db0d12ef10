namespace Busbar.Governance.Leases;

/// <summary>The time of the database, as this node knows it: windows begin and end for all nodes at once, whatever their own clocks say.</summary>
/// <param name="local">This node's clock. Only what goes by on it matters once the database has been heard.</param>
internal sealed class StoreClock(TimeProvider local) : TimeProvider
{
    private Reading? _read;

    /// <inheritdoc/>
    public override long TimestampFrequency => local.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => local.LocalTimeZone;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Volatile.Read(ref _read) is { } read ? read.Time + local.GetElapsedTime(read.Timestamp)
        : local.GetUtcNow();

    /// <inheritdoc/>
    public override long GetTimestamp() => local.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        => local.CreateTimer(callback, state, dueTime, period);

    /// <summary>The database said <paramref name="millis"/> (since 1970) at some moment between two timestamps of this node.</summary>
    public void Heard(long millis, long asked, long answered) =>
        Volatile.Write(ref _read, new Reading(DateTimeOffset.FromUnixTimeMilliseconds(millis), asked + ((answered - asked) / 2)));

    private sealed record Reading(DateTimeOffset Time, long Timestamp);
}

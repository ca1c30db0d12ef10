namespace Busbar.Benchmarks.Simulation;

/// <summary>Time that goes by when it is told to.</summary>
internal sealed class ManualTime : TimeProvider
{
    /// <summary>The day on which it begins, epoch second.</summary>
    public const long Day = 1_773_532_800;

    private TimeSpan _passed = TimeSpan.FromHours(12);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Day) + _passed;

    /// <inheritdoc/>
    public override long GetTimestamp() => _passed.Ticks;

    /// <summary>Lets <paramref name="span"/> go by.</summary>
    public void Advance(TimeSpan span) => _passed += span;
}

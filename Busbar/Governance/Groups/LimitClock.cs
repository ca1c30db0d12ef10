namespace Busbar.Governance.Groups;

/// <summary>Where the windows of a <see cref="Limit"/> begin and end, epoch seconds.</summary>
internal sealed class LimitClock
{
    private const long MinuteSeconds = 60;
    private const long HourSeconds = 3600;
    private const long DaySeconds = 86_400;

    private readonly LimitPeriod _period;
    private readonly int _startDay;
    private readonly TimeZoneInfo? _zone;

    /// <summary>The clock of <paramref name="limit"/>. A zone that this machine does not know any more counts as UTC.</summary>
    public LimitClock(Limit limit)
    {
        _period = limit.Period;
        _startDay = limit.StartDay;
        _zone = limit.TimeZone is { } name && TryFindZone(name, out TimeZoneInfo? zone) ? zone : null;
    }

    /// <summary>Whether this machine knows the zone called <paramref name="name"/>.</summary>
    public static bool TryFindZone(string name, out TimeZoneInfo? zone) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);

    /// <summary>
    /// The window that <paramref name="now"/> lies in; its end is that of the time that can be told where it has none. Of a rolling limit it is the
    /// day.
    /// </summary>
    public (long Start, long End) At(long now)
    {
        switch (_period)
        {
            case LimitPeriod.Total:
                return (0, long.MaxValue);
            case LimitPeriod.Minute:
                return Plain(now, MinuteSeconds);
            case LimitPeriod.Hour when _zone is null:
                return Plain(now, HourSeconds);
            case LimitPeriod.Day or LimitPeriod.Rolling when _zone is null:
                return Plain(now, DaySeconds);
        }

        DateTime local = TimeZoneInfo.ConvertTimeFromUtc(DateTimeOffset.FromUnixTimeSeconds(now).UtcDateTime, _zone ?? TimeZoneInfo.Utc);
        if (_period == LimitPeriod.Hour)
        {
            // Of zones that are not a whole number of hours from UTC, hours begin elsewhere.
            long into = (local.Minute * MinuteSeconds) + local.Second;
            return (now - into, now - into + HourSeconds);
        }

        DateTime start = _period switch
        {
            LimitPeriod.Week => local.Date.AddDays(-(((int)local.DayOfWeek + 6 - (_startDay - 1)) % 7)),
            LimitPeriod.Month when local.Day >= _startDay => new DateTime(local.Year, local.Month, _startDay),
            LimitPeriod.Month => new DateTime(local.Year, local.Month, _startDay).AddMonths(-1),
            _ => local.Date,
        };
        DateTime end = _period switch { LimitPeriod.Week => start.AddDays(7), LimitPeriod.Month => start.AddMonths(1), _ => start.AddDays(1) };
        return (Second(start), Second(end));
    }

    private static (long, long) Plain(long now, long length)
    {
        long start = now - (now % length);
        return (start, start + length);
    }

    // Midnight does not exist on days on which summer time begins then: the first moment after it counts.
    private long Second(DateTime local)
    {
        TimeZoneInfo zone = _zone ?? TimeZoneInfo.Utc;
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeSeconds();
    }
}

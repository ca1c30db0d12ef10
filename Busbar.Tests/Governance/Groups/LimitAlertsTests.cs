using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Groups;

public sealed class LimitAlertsTests
{
    private readonly MemoryStore _store = new();
    private readonly List<LimitAlert> _told = [];
    private readonly LimitAlerts _alerts;

    public LimitAlertsTests() =>
        _alerts = new LimitAlerts(new GroupDirectory(), new KeyDirectory(0), _store, new FakeTimeProvider(), NullLogger.Instance)
        {
            Listener = _told.Add,
        };

    [Fact]
    public void A_threshold_of_a_window_is_told_once_and_that_of_another_window_again()
    {
        _alerts.Pass([Of(1), Of(1), Of(2)]);
        _alerts.Pass([Of(2), Of(3)]);
        _alerts.Pass([]);

        Assert.Equal([Of(1), Of(2), Of(3)], _told);
    }

    [Fact]
    public void What_the_store_cannot_be_asked_about_is_told_once_it_is_back_and_in_order()
    {
        _store.FailNext(2);
        _alerts.Pass([Of(1), Of(2)]);
        _alerts.Pass([Of(3)]);
        Assert.Empty(_told);

        _alerts.Pass([Of(4)]);

        Assert.Equal([Of(1), Of(2), Of(3), Of(4)], _told);
    }

    [Fact]
    public void While_the_store_is_away_for_long_a_thousand_wait_at_most_and_the_oldest_are_given_up()
    {
        LimitAlert[] reached = [.. Enumerable.Range(0, 3000).Select(window => Of(window))];
        _store.FailNext(int.MaxValue);
        Array.ForEach(reached, alert => _alerts.Pass([alert]));
        _store.FailNext(0);
        _alerts.Pass([]);

        Assert.InRange(_told.Count, 900, 1000);
        Assert.Equal(reached[^_told.Count..], _told);
    }

    [Fact]
    public void What_is_reached_while_nobody_listens_is_not_told_later()
    {
        _alerts.Listener = null;
        _alerts.Pass([Of(1)]);
        _alerts.Listener = _told.Add;
        _alerts.Pass([Of(1)]);

        Assert.Empty(_told);
    }

    private static LimitAlert Of(long window) =>
        new("grp_1", new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Day, Max = 10 }, window, 80, 8);
}

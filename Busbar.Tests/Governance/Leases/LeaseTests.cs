using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Leases;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Leases;

/// <summary>Several nodes that share limits, one step at a time.</summary>
public sealed class LeaseTests : IAsyncDisposable
{
    private const string Org = "grp_org";

    // Noon of a day.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_773_576_000));
    private readonly MemoryLeaseStore _limits;
    private readonly List<FleetNode> _nodes = [];
    private readonly VirtualKey _key = TestKeys.Make() with { GroupId = Org };

    public LeaseTests() => _limits = new MemoryLeaseStore(_time);

    public async ValueTask DisposeAsync()
    {
        foreach (FleetNode node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_last_request_of_a_limit_is_served_by_whichever_node_it_reaches()
    {
        Start(3, Of(LimitKind.Requests, 10));

        int served = 0;
        for (int i = 0; i < 60; i++)
        {
            served += (await TakeAsync(i % 3)).Refusal == Refusal.None ? 1 : 0;
            await PassAsync(0.25);
        }

        Assert.Equal(10, served);
        Assert.Equal((10, 0), Used("requests/day/"));
        Assert.Equal(10, Counter(2).Read(_nodes[2].Now).Used);
    }

    [Fact]
    public async Task Away_from_the_cap_a_busy_key_waits_for_no_call()
    {
        Start(2, Of(LimitKind.Requests, 1_000_000), Of(LimitKind.Budget, 1_000_000), Of(LimitKind.Tokens, 100_000_000),
            Of(LimitKind.Concurrency, 500));
        long learned = 0;
        for (int i = 0; i < 2000; i++)
        {
            Reservation? held = null;
            if (i < 200)
            {
                // What is needed in a second has to be learned.
                held = (await _nodes[0].TakeAsync(_key.Id, new Estimate(10, 10, false))).Held;
                learned = _limits.Calls;
            }
            else
            {
                Assert.Equal(Refusal.None, _nodes[0].TryTake(_key.Id, out held, new Estimate(10, 10, false)));
            }

            TestKeys.Success("flat", 10, 10).Settle(held!);
            await PassAsync(0.01, isRound: i % 25 == 24);
        }

        // Of each node four calls a second at most.
        Assert.InRange(_limits.Calls - learned, 1, 2 * 4 * 18);
    }

    [Fact]
    public async Task What_is_lent_to_a_node_without_demand_comes_back()
    {
        Start(2, Of(LimitKind.Requests, 100));
        for (int i = 0; i < 20; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        Assert.NotEqual(0, Used("requests/day/").Leased);
        for (int i = 0; i < 250; i++)
        {
            await PassAsync(0.25);
        }

        Assert.Equal((20, 0), Used("requests/day/"));
    }

    [Fact]
    public async Task A_dead_node_keeps_its_part_until_its_session_ends_and_what_it_had_settled_or_under_way_stays_used()
    {
        Start(2, Of(LimitKind.Budget, 10));
        Reservation held = (await TakeAsync(0)).Held!;
        TestKeys.Success().Settle(held);
        Assert.NotNull((await TakeAsync(0)).Held);
        await _nodes[0].Desk.RoundAsync();

        // Node 0 is heard no more, with one settled request and one under way.
        int served = await CountAsync(1);
        Assert.InRange(served, 1, 8);
        await PassAsync(11, 1);
        Assert.Equal(0, await CountAsync(1));
        await PassAsync(4, 1);
        Assert.Equal(8 - served, await CountAsync(1));
        Assert.Equal(10 * TestKeys.Cent, Used("budget/day/").Used);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(100_000)]
    public async Task What_a_node_had_admitted_when_it_crashed_stays_used_though_it_had_told_nobody(int cap)
    {
        Start(2, Of(LimitKind.Requests, cap));
        int sent = 0;
        for (; sent < 15; sent++)
        {
            // The last ones within a moment.
            (await TakeAsync(0)).Held!.Release();
            await PassAsync(sent < 10 ? 0.1 : 0, 0);
        }

        // Node 0 is heard no more.
        await PassAsync(16, 1);
        long left = cap - await CountAsync(1);
        Assert.InRange(left, sent, sent + (cap / 100));
    }

    [Fact]
    public async Task What_was_booked_for_a_request_that_waits_is_there_for_it_though_others_wait_and_time_goes_by()
    {
        Start(1, Of(LimitKind.Requests, 40));
        Assert.Equal(Refusal.Lease, _nodes[0].TryTake(_key.Id, out Reservation first));
        Task answered = _nodes[0].Governor.BorrowAsync(first, CancellationToken.None).AsTask();
        await _nodes[0].Desk.RoundAsync();
        await answered;

        // Before it comes to take it.
        _ = _nodes[0].Governor.BorrowAsync(first, CancellationToken.None).AsTask();
        await _nodes[0].Desk.RoundAsync();
        await PassAsync(0.25);
        Assert.Equal(Refusal.None, _nodes[0].TryTake(_key.Id, out _));
        Assert.Equal(Refusal.None, _nodes[0].TryTake(_key.Id, out _));
        Assert.Equal(Refusal.Lease, _nodes[0].TryTake(_key.Id, out _));
    }

    [Fact]
    public async Task Ahead_of_requests_is_booked_what_they_come_to_and_not_what_they_hold()
    {
        Start(1, Of(LimitKind.Tokens, 10_000));
        for (int i = 0; i < 10; i++)
        {
            TestKeys.Success("flat", 8, 2).Settle((await _nodes[0].TakeAsync(_key.Id, new Estimate(10, 90, false))).Held!);
        }

        // Each holds a hundred, and all of them come to one part in 256.
        await PassAsync(0.25);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Refusal.None, _nodes[0].TryTake(_key.Id, out _, new Estimate(10, 90, false)));
        }

        Assert.Equal(Refusal.Lease, _nodes[0].TryTake(_key.Id, out _, new Estimate(10, 90, false)));
        await PassAsync(0);
        await PassAsync(16, 0, isRound: false);
        Assert.InRange(Used("tokens/day/").Used, 130, 180);
    }

    [Fact]
    public async Task What_a_request_held_and_did_not_come_to_admits_no_other_that_was_not_booked()
    {
        Start(2, Of(LimitKind.Tokens, 300));
        for (int i = 0; i < 2; i++)
        {
            TestKeys.Success("flat", 10, 10).Settle((await _nodes[0].TakeAsync(_key.Id, new Estimate(10, 40, false))).Held!);
            await PassAsync(i == 0 ? 0.25 : 0, isRound: i == 0);
        }

        // Of the 50 that were held 30 are free again, of what was booked nothing.
        Assert.Equal(Refusal.Lease, _nodes[0].TryTake(_key.Id, out _, new Estimate(10, 15, false)));
        Assert.NotNull((await _nodes[0].TakeAsync(_key.Id, new Estimate(10, 15, false))).Held);

        // Node 0 is heard no more, with the third under way.
        await PassAsync(16, 1);
        await _nodes[1].TakeAsync(_key.Id, new Estimate(10, 40, false));
        Assert.InRange(Used("tokens/day/").Used, 60, 80);
    }

    [Fact]
    public async Task A_stopped_node_tells_when_it_is_back_what_it_did_not_use_of_what_it_had_booked()
    {
        Start(2, Of(LimitKind.Requests, 100_000));
        for (int i = 0; i < 20; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        await PassAsync(0.25);
        await PassAsync(16, 1);
        Assert.InRange(Used("requests/day/").Used, 21, 500);
        await PassAsync(0.25);
        await PassAsync(0.25);
        Assert.Equal(20, Used("requests/day/").Used);
    }

    [Fact]
    public async Task A_node_that_was_stopped_beyond_the_end_of_its_session_admits_nothing_by_it()
    {
        Start(2, Of(LimitKind.Requests, 1000));
        for (int i = 0; i < 30; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        await PassAsync(1);
        Assert.Equal(Refusal.None, _nodes[0].TryTake(_key.Id, out _));
        await PassAsync(13.5, 1);

        // A second and a half before the database would say so.
        Assert.Equal(Refusal.Lease, _nodes[0].TryTake(_key.Id, out _));
        await PassAsync(2, 1);
        // Of what it is known to have used at most one is too much: what was booked for it counts until it is back.
        Assert.InRange(await CountAsync(1), 1000 - 34, 1000 - 31);
        Assert.Equal(Refusal.Requests, (await TakeAsync(0)).Refusal);
        await PassAsync(2);
        await CountAsync(1);
        Assert.Equal((1000, 0), Used("requests/day/"));
    }

    [Fact]
    public async Task What_a_stopped_node_settles_late_is_counted_once()
    {
        Start(2, Of(LimitKind.Budget, 10));
        Reservation held = (await TakeAsync(0)).Held!;
        await PassAsync(20, 1);
        TestKeys.Success().Settle(held);
        await PassAsync(1);
        await PassAsync(1);
        Assert.Equal(TestKeys.Cent, Used("budget/day/").Used);
        Assert.Equal(9, await CountAsync(1));
        Assert.Equal(0, await CountAsync(0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_the_database_away_a_node_serves_what_it_has_borrowed_and_then_what_it_is_told(bool admitsAway)
    {
        Start(1, admitsAway, Of(LimitKind.Requests, 10_000));
        for (int i = 0; i < 20; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        await PassAsync(1);
        _limits.Failures = int.MaxValue;
        Assert.Equal(Refusal.None, (await TakeAsync(0)).Refusal);
        await PassAsync(0.25);
        Assert.True(_nodes[0].Desk.IsAway);
        int served = 0;
        while (served < 500 && (await TakeAsync(0)).Refusal is var refusal)
        {
            if (refusal != Refusal.None)
            {
                Assert.Equal(Refusal.Away, refusal);
                break;
            }

            served++;
        }

        Assert.Equal(admitsAway, served == 500);
        Assert.True(served > 10);
        await PassAsync(20);
        Assert.Equal(admitsAway ? Refusal.None : Refusal.Away, (await TakeAsync(0)).Refusal);

        // Nothing that was used is forgotten.
        _limits.Failures = 0;
        await PassAsync(0.25);
        await PassAsync(0.25);
        Assert.False(_nodes[0].Desk.IsAway);
        Assert.Equal(21 + served + (admitsAway ? 1 : 0), Used("requests/day/").Used);
        Assert.Equal(Refusal.None, (await TakeAsync(0)).Refusal);
    }

    [Fact]
    public async Task A_call_that_arrives_late_takes_nothing_from_a_node_that_counts_on_more()
    {
        Start(2, Of(LimitKind.Requests, 100));
        for (int i = 0; i < 20; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        for (int i = 0; i < 7; i++)
        {
            await PassAsync(0.25);
        }

        // The one that gives back, which comes in the eighth round without demand.
        _limits.Delays = 1;
        await PassAsync(0.25, 0);
        Assert.True(_nodes[0].Desk.IsAway);
        await PassAsync(0.25, 0);
        Assert.False(_nodes[0].Desk.IsAway);
        for (int i = 0; i < 30; i++)
        {
            (await TakeAsync(0)).Held?.Release();
        }

        (long used, long leased) = Used("requests/day/");
        _limits.ArriveLate();
        Assert.Equal((used, leased), Used("requests/day/"));
    }

    [Fact]
    public async Task A_lost_answer_changes_nothing_that_the_next_does_not_mend()
    {
        Start(2, Of(LimitKind.Requests, 40));
        int served = 0;
        for (int i = 0; i < 200; i++)
        {
            _limits.LostAnswers = i % 3 == 0 ? 1 : 0;
            served += (await TakeAsync(i % 2)).Refusal == Refusal.None ? 1 : 0;
            await PassAsync(0.3);
        }

        Assert.Equal(40, served);
        Assert.Equal((40, 0), Used("requests/day/"));
    }

    [Fact]
    public async Task The_clock_of_the_database_decides_the_window_on_every_node()
    {
        var skews = new[] { TimeSpan.FromHours(-7), TimeSpan.Zero, TimeSpan.FromDays(2) };
        Group group = Group(Of(LimitKind.Requests, 3) with { Period = LimitPeriod.Minute });
        foreach (TimeSpan skew in skews)
        {
            _nodes.Add(new FleetNode(_limits, _time, [group], [_key], skew));
        }

        await PassAsync(0);
        for (int minute = 0; minute < 3; minute++)
        {
            int served = 0;
            for (int i = 0; i < 12; i++)
            {
                served += (await TakeAsync(i % 3)).Refusal == Refusal.None ? 1 : 0;
                await PassAsync(2);
            }

            Assert.Equal(3, served);
            await PassAsync(36);
        }
    }

    [Fact]
    public async Task A_cap_that_was_lowered_holds_at_once_and_one_that_was_raised_is_used()
    {
        Start(1, Of(LimitKind.Requests, 100));
        for (int i = 0; i < 10; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        _nodes[0].Governor.Groups.Put(Group(Of(LimitKind.Requests, 12)));
        Assert.Equal(2, await CountAsync(0));
        _nodes[0].Governor.Groups.Put(Group(Of(LimitKind.Requests, 15)));
        Assert.Equal(3, await CountAsync(0));
    }

    [Fact]
    public async Task A_limit_that_was_removed_and_made_again_goes_on_where_it_was()
    {
        Start(1, Of(LimitKind.Requests, 10));
        for (int i = 0; i < 4; i++)
        {
            (await TakeAsync(0)).Held!.Release();
        }

        await PassAsync(1);
        _nodes[0].Governor.Groups.Put(Group());
        await PassAsync(1);
        _nodes[0].Governor.Groups.Put(Group(Of(LimitKind.Requests, 10)));
        Assert.Equal(6, await CountAsync(0));
        await PassAsync(1);
        Assert.Equal(10, Used("requests/day/").Used);
    }

    [Fact]
    public async Task A_rolling_limit_counts_the_days_before_on_every_node()
    {
        Start(2, Of(LimitKind.Budget, 4) with { Period = LimitPeriod.Rolling, Days = 3 });
        TestKeys.Success().Settle((await TakeAsync(0)).Held!);
        await PassAsync(86_400);
        Reservation overnight = (await TakeAsync(1)).Held!;
        await PassAsync(86_400);
        TestKeys.Success().Settle(overnight);
        await PassAsync(1);
        Assert.Equal(2, await CountAsync(0));
        await PassAsync(86_400);
        Assert.Equal(1, await CountAsync(1));
        Assert.Equal(4 * TestKeys.Cent, Counter(1).Read(_nodes[1].Now).Used);
    }

    [Fact]
    public async Task A_request_that_turns_out_dearer_is_counted_as_it_was_and_the_cap_is_passed_by_no_more()
    {
        Start(2, Of(LimitKind.Tokens, 100));
        TestKeys.Success("flat", 100, 30).Settle((await _nodes[0].TakeAsync(_key.Id, new Estimate(50, 10, false))).Held!);
        await PassAsync(1);
        Assert.Equal(130, Used("tokens/day/").Used);
        Assert.Equal(Refusal.Tokens, (await _nodes[1].TakeAsync(_key.Id, new Estimate(1, 1, false))).Refusal);
    }

    [Fact]
    public async Task The_keys_own_limits_are_shared_too()
    {
        VirtualKey key = _key with { MaxBudgetCents = 50, RpmLimit = 6, TpmLimit = 1000, MaxConcurrent = 3 };
        Start(3, keys: [key]);
        var held = new List<Reservation>();
        for (int i = 0; i < 9; i++)
        {
            if ((await TakeAsync(i % 3)).Held is { } reservation)
            {
                held.Add(reservation);
            }

            await PassAsync(1);
        }

        Assert.Equal(3, held.Count);
        held.ForEach(reservation => TestKeys.Success().Settle(reservation));
        await PassAsync(1);
        await PassAsync(1);
        int served = 0;
        for (int i = 0; i < 9; i++)
        {
            (Reservation? more, Refusal refusal) = await TakeAsync(i % 3);
            served += more is null ? 0 : 1;
            more?.Release();
            await PassAsync(1);
        }

        Assert.Equal(3, served);
    }

    [Fact]
    public async Task A_threshold_is_reached_by_what_all_nodes_use_together()
    {
        var told = new List<int>();
        Start(2, Of(LimitKind.Requests, 10) with { Thresholds = [50] });
        _nodes[0].Governor.Alerts.Listener = alert => told.Add(alert.Percent);
        for (int i = 0; i < 5; i++)
        {
            (await TakeAsync(i % 2)).Held!.Release();
            await PassAsync(0.25);
        }

        await PassAsync(0.25);
        (await TakeAsync(0)).Held!.Release();
        await PassAsync(0.25);
        await _nodes[0].Governor.Ledger.FlushAsync();
        Assert.Equal([50], told);
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_leaves_nothing_behind()
    {
        Start(1, Of(LimitKind.Budget, 10));
        using var gone = new CancellationTokenSource();
        var reservation = new Reservation();
        Governor governor = _nodes[0].Governor;
        Assert.Equal(Refusal.Lease, governor.TryReserve(governor.Keys.Find(_key.Id)!, TestKeys.Prices, ["flat"], default, reservation));
        Task waiting = governor.BorrowAsync(reservation, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(reservation.IsOpen);
        Assert.Equal(0, governor.OpenReservations);
        for (int i = 0; i < 300; i++)
        {
            await PassAsync(0.25);
        }

        Assert.Equal((0, 0), Used("budget/day/"));
    }

    [Fact]
    public async Task Many_limits_go_into_one_call()
    {
        VirtualKey[] keys = [.. Enumerable.Range(1, 1000).Select(number => TestKeys.Make(number) with { MaxBudgetCents = 100, RpmLimit = 1000 })];
        Start(1, keys: keys);
        await PassAsync(0);
        long before = _limits.Calls;
        Task[] waiting = [.. keys.Select(async key =>
        {
            var reservation = new Reservation();
            Governor governor = _nodes[0].Governor;
            Assert.Equal(Refusal.Lease, governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, ["flat"], default, reservation));
            await governor.BorrowAsync(reservation, CancellationToken.None);
            Assert.Equal(Refusal.None, governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, ["flat"], default, reservation));
            reservation.Release();
        })];
        await _nodes[0].Desk.RoundAsync();
        await Task.WhenAll(waiting);
        Assert.Equal(1, _limits.Calls - before);
    }

    private static Limit Of(LimitKind kind, long max) => new() { Kind = kind, Period = LimitPeriod.Day, Max = max };

    private static Group Group(params Limit[] limits) => new() { Id = Org, Name = "org", Limits = limits };

    private void Start(int nodes, params Limit[] limits) => Start(nodes, false, limits);

    private void Start(int nodes, bool admitsAway, params Limit[] limits) => Start(nodes, [_key], admitsAway, limits);

    private void Start(int nodes, VirtualKey[] keys, bool admitsAway = false, params Limit[] limits)
    {
        for (int i = 0; i < nodes; i++)
        {
            _nodes.Add(new FleetNode(_limits, _time, [Group(limits)], keys, TimeSpan.Zero, admitsAway));
        }
    }

    private Task<(Reservation? Held, Refusal Refusal)> TakeAsync(int node) => _nodes[node].TakeAsync(_key.Id);

    // Goes on until the node refuses, and waits in between for what others may give back.
    private async Task<int> CountAsync(int node)
    {
        int served = 0;
        for (int refused = 0; refused < 3;)
        {
            (Reservation? held, Refusal _) = await TakeAsync(node);
            if (held is null)
            {
                refused++;
                await PassAsync(0.25, node);
                continue;
            }

            TestKeys.Success().Settle(held);
            served++;
        }

        return served;
    }

    private (long Used, long Leased) Used(string key) => _limits.Read(Org, key, 1_773_576_000 - (1_773_576_000 % 86_400));

    private LimitCounter Counter(int node) => _nodes[node].Governor.Groups.Find(Org)!.Counters[0];

    // Time goes by, and each node, or one of them, has a round at its end.
    private async Task PassAsync(double seconds, int? only = null, bool isRound = true)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        for (int i = 0; i < _nodes.Count && isRound; i++)
        {
            if (only is null || only == i)
            {
                await _nodes[i].Desk.RoundAsync();
            }
        }
    }
}

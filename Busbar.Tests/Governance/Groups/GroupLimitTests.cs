using System.Collections.Concurrent;
using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Groups;

/// <summary>Keys in a tree of groups: every node on the way has to have room.</summary>
public sealed class GroupLimitTests : IAsyncDisposable
{
    private static readonly string[] s_flat = ["flat"];

    // Noon of a day.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_773_576_000));
    private readonly MemoryStore _store = new();
    private readonly Governor _governor;
    private int _made;

    public GroupLimitTests() => _governor = Open();

    public ValueTask DisposeAsync() => _governor.DisposeAsync();

    [Fact]
    public void A_request_passes_only_if_every_group_above_has_room_and_the_one_that_has_none_is_named()
    {
        Group org = Add(null, Of(LimitKind.Requests, 3));
        Group team = Add(org.Id, Of(LimitKind.Requests, 2));
        KeyEntry inTeam = AddKey(team.Id);
        KeyEntry inOrg = AddKey(org.Id);

        Take(inTeam).Release();
        Take(inTeam).Release();
        Refused(inTeam, Refusal.Requests, $"{team.Id} requests/day");
        Take(inOrg).Release();
        Refused(inOrg, Refusal.Requests, $"{org.Id} requests/day");
        Refused(inTeam, Refusal.Requests, $"{team.Id} requests/day");
        _time.Advance(TimeSpan.FromDays(1));
        Take(inTeam).Release();
    }

    [Fact]
    public void A_refused_request_leaves_no_trace_in_any_limit()
    {
        Group org = Add(null, Of(LimitKind.Requests, 0));
        Group team = Add(org.Id, Of(LimitKind.Requests, 5), Of(LimitKind.Concurrency, 5), Of(LimitKind.Tokens, 500), Of(LimitKind.Budget, 5));
        KeyEntry key = AddKey(team.Id, Of(LimitKind.Requests, 7, "smart"));

        Refused(key, Refusal.Requests, $"{org.Id} requests/day", new Estimate(10, 10, false));

        Assert.All([.. Node(team).Counters, .. key.Limits], counter
            => Assert.Equal((0, 0u, 0), (counter.Read(Now).Used, counter.Read(Now).Open, counter.Held)));
        Assert.Equal(0u, key.Account.Open);
    }

    [Fact]
    public void Money_and_tokens_are_reserved_and_settled_at_every_level()
    {
        Group org = Add(null, Of(LimitKind.Budget, 3), Of(LimitKind.Tokens, 100));
        KeyEntry key = AddKey(Add(org.Id).Id);
        KeyEntry other = AddKey(org.Id);

        Reservation first = Take(key, new Estimate(20, 30, false));
        Refused(other, Refusal.Tokens, $"{org.Id} tokens/day", new Estimate(40, 20, false));
        TestKeys.Success("flat", 10, 15).Settle(first);
        Take(other, new Estimate(40, 20, false)).Release();

        LimitCounter budget = Counter(org, LimitKind.Budget);
        Assert.Equal((TestKeys.Cent, 25), (budget.Read(Now).Used, Counter(org, LimitKind.Tokens).Read(Now).Used));
        Assert.Equal(0, budget.Held);
        TestKeys.Success().Settle(Take(key));
        TestKeys.Success().Settle(Take(other));
        Refused(other, Refusal.Budget, $"{org.Id} budget/day");
        Assert.True(_governor.IsSpent(budget));
    }

    [Fact]
    public void A_limit_for_a_pool_or_a_model_counts_requests_for_it_alone()
    {
        Group org = Add(null, Of(LimitKind.Requests, 1, "smart"), Of(LimitKind.Requests, 1, "card"));
        KeyEntry key = AddKey(org.Id);

        Take(key, pool: "other").Release();
        Take(key, pool: "smart").Release();
        Refused(key, Refusal.Requests, $"{org.Id} requests/day/smart", pool: "smart");

        // "card" may have served it, and then did not.
        TestKeys.Success("flat").Settle(Take(key, pool: "other", models: ["flat", "card"]));
        TestKeys.Success("card").Settle(Take(key, pool: "other", models: ["flat", "card"]));
        Refused(key, Refusal.Requests, $"{org.Id} requests/day/card", pool: "other", models: ["flat", "card"]);
        Take(key, pool: "other", models: ["flat"]).Release();
    }

    [Fact]
    public void A_rolling_limit_forgets_what_is_older_than_its_days()
    {
        Group org = Add(null, Of(LimitKind.Budget, 2) with { Period = LimitPeriod.Rolling, Days = 3 });
        KeyEntry key = AddKey(org.Id);
        TestKeys.Success().Settle(Take(key));
        _time.Advance(TimeSpan.FromDays(1));
        TestKeys.Success().Settle(Take(key));
        _time.Advance(TimeSpan.FromDays(1));
        Refused(key, Refusal.Budget, $"{org.Id} budget/rolling");
        _time.Advance(TimeSpan.FromDays(1));

        TestKeys.Success().Settle(Take(key));

        Refused(key, Refusal.Budget, $"{org.Id} budget/rolling");
        Assert.Equal(2 * TestKeys.Cent, Counter(org, LimitKind.Budget).Read(Now).Used);
    }

    [Fact]
    public void Money_counts_in_the_window_in_which_the_request_came_and_tokens_in_the_one_in_which_they_are_known()
    {
        Group org = Add(null, Of(LimitKind.Budget, 1), Of(LimitKind.Tokens, 100));
        KeyEntry key = AddKey(org.Id);
        Reservation open = Take(key, new Estimate(50, 50, false));
        _time.Advance(TimeSpan.FromDays(1));

        Refused(key, Refusal.Tokens, $"{org.Id} tokens/day", new Estimate(1, 0, false));
        TestKeys.Success("flat", 30, 30).Settle(open);

        Assert.Equal((0, 60), (Counter(org, LimitKind.Budget).Read(Now).Used, Counter(org, LimitKind.Tokens).Read(Now).Used));
        Assert.Equal((0, 0), (Counter(org, LimitKind.Budget).Held, Counter(org, LimitKind.Tokens).Held));
    }

    [Theory]
    [InlineData(nameof(LimitPeriod.Day), nameof(Refusal.Requests), 43_200)]
    [InlineData(nameof(LimitPeriod.Day), nameof(Refusal.Tokens), 43_200)]
    [InlineData(nameof(LimitPeriod.Hour), nameof(Refusal.Requests), 3600)]
    [InlineData(nameof(LimitPeriod.Total), nameof(Refusal.Requests), 0)]
    [InlineData(nameof(LimitPeriod.Rolling), nameof(Refusal.Tokens), 0)]
    [InlineData(nameof(LimitPeriod.Day), nameof(Refusal.Budget), 0)]
    [InlineData(nameof(LimitPeriod.Day), nameof(Refusal.BudgetHeld), 1)]
    [InlineData(nameof(LimitPeriod.Day), nameof(Refusal.Concurrency), 1)]
    [InlineData(nameof(LimitPeriod.Total), nameof(Refusal.Away), 1)]
    public void Waiting_is_advised_where_it_helps_and_until_the_window_is_over(string period, string refusal, int expected)
    {
        Group org = Add(null, Of(LimitKind.Requests, 1) with { Period = Enum.Parse<LimitPeriod>(period), Days = 3 });

        Assert.Equal(expected, _governor.RetryAfterSeconds(Counter(org, LimitKind.Requests), Enum.Parse<Refusal>(refusal)));
    }

    [Fact]
    public void A_limit_is_spent_when_nothing_is_left_of_it_and_not_while_it_is_held()
    {
        Group org = Add(null, Of(LimitKind.Requests, 2), Of(LimitKind.Budget, 1));
        KeyEntry key = AddKey(org.Id);
        LimitCounter budget = Counter(org, LimitKind.Budget);

        Reservation held = Take(key);
        Refused(key, Refusal.BudgetHeld, $"{org.Id} budget/day");
        Assert.False(_governor.IsSpent(budget));
        TestKeys.Success().Settle(held);
        Assert.True(_governor.IsSpent(budget));
        Assert.False(_governor.IsSpent(Counter(org, LimitKind.Requests)));
    }

    [Fact]
    public void A_frozen_group_shuts_every_key_below_it()
    {
        Group org = Add(null);
        Group team = Add(org.Id);
        KeyEntry key = AddKey(team.Id);
        Assert.True(key.Admits(key.Key.Digest, Now));

        _governor.Groups.Put(org with { IsFrozen = true });
        Assert.False(key.Admits(key.Key.Digest, Now));
        _governor.Groups.Put(team with { ParentId = null });
        Assert.True(key.Admits(key.Key.Digest, Now));
    }

    [Fact]
    public async Task What_is_used_survives_a_restart_in_windows_of_a_day_and_more()
    {
        Group org = Add(
            null, Of(LimitKind.Budget, 5) with { Period = LimitPeriod.Month }, Of(LimitKind.Requests, 9) with { Period = LimitPeriod.Minute },
            Of(LimitKind.Tokens, 900) with { Period = LimitPeriod.Rolling, Days = 2 });
        KeyEntry key = AddKey(org.Id, Of(LimitKind.Requests, 9, "smart"));
        TestKeys.Success("flat", 5, 6).Settle(Take(key, pool: "smart"));
        Assert.True(await _governor.Ledger.FlushAsync());
        _time.Advance(TimeSpan.FromDays(1));

        await using Governor next = Open();
        GroupNode node = next.Groups.Find(org.Id)!;
        Assert.Equal(
            [("budget", TestKeys.Cent), ("requests", 0), ("tokens", 11)],
            node.Counters.Select(counter => (LimitWords.Of(counter.Limit.Kind), counter.Read(Now).Used)).Order());
        Assert.Equal(0, Assert.Single(next.Keys.Find(key.Key.Id)!.Limits).Read(Now).Used);
        Assert.Same(node, next.Keys.Find(key.Key.Id)!.Group);
    }

    [Fact]
    public void A_changed_limit_goes_on_counting_and_a_new_one_begins()
    {
        Group org = Add(null, Of(LimitKind.Requests, 2));
        KeyEntry key = AddKey(org.Id);
        Take(key).Release();

        _governor.Groups.Put(org with { Limits = [Of(LimitKind.Requests, 1), Of(LimitKind.Concurrency, 1)] });

        Refused(key, Refusal.Requests, $"{org.Id} requests/day");
        Assert.Equal(0u, Counter(org, LimitKind.Concurrency).Read(Now).Open);
    }

    [Fact]
    public async Task Each_threshold_is_told_once_in_a_window_also_over_a_restart()
    {
        Group org = Add(null, Of(LimitKind.Requests, 10) with { Thresholds = [50, 100] });
        KeyEntry key = AddKey(org.Id);
        List<(string, int, long)> told = [];
        Listen(_governor);
        await UseAsync(_governor, key, 4);
        Assert.Empty(told);
        await UseAsync(_governor, key, 1);
        await UseAsync(_governor, key, 1);
        Assert.Equal([(org.Id, 50, 5L)], told);

        await using Governor next = Open();
        Listen(next);
        KeyEntry again = next.Keys.Find(key.Key.Id)!;
        await UseAsync(next, again, 1);
        Assert.Single(told);
        _store.FailNext(1);
        await UseAsync(next, again, 3);
        await UseAsync(next, again, 0);
        Assert.Equal([50, 100], told.Select(each => each.Item2));
        _time.Advance(TimeSpan.FromDays(1));
        await UseAsync(next, again, 10);
        Assert.Equal([50, 100, 50, 100], told.Select(each => each.Item2));

        void Listen(Governor governor) => governor.Alerts.Listener = alert => told.Add((alert.Owner, alert.Percent, alert.Used));

        async Task UseAsync(Governor governor, KeyEntry entry, int requests)
        {
            for (int i = 0; i < requests; i++)
            {
                var reservation = new Reservation();
                Assert.Equal(Refusal.None, governor.TryReserve(entry, TestKeys.Prices, s_flat, default, reservation, "smart"));
                reservation.Release();
            }

            await governor.Ledger.FlushAsync();
        }
    }

    [Fact]
    public async Task A_threshold_that_was_noted_and_not_told_before_the_process_ended_is_told_by_the_next()
    {
        using var directory = new StoreDirectory();
        string key = TestKeys.Make().Id;
        List<LimitAlert> told = [];
        Governor first = Open();
        Assert.True(first.Keys.TryAdd(new KeyEntry(TestKeys.Make() with { Limits = [Of(LimitKind.Requests, 2)] }, new KeyAccount())));
        Assert.True(first.Store.Insert(first.Keys.Find(key)!.Key));
        first.Alerts.Listener = told.Add;
        await UseAsync(first);
        await first.DisposeAsync();
        Assert.Equal(50, Assert.Single(told).Percent);

        Governor second = Open();
        second.Alerts.Listener = alert =>
        {
            told.Add(alert);
            second.Alerts.Told(alert, atOnce: false);
        };
        await second.Ledger.FlushAsync();
        await UseAsync(second);
        await second.DisposeAsync();
        Assert.Equal([50, 50, 80, 100], told.Select(alert => alert.Percent));
        Assert.Equal(told[0], told[1]);

        await using Governor third = Open();
        third.Alerts.Listener = told.Add;
        await third.Ledger.FlushAsync();
        Assert.Equal(4, told.Count);

        Governor Open() => Governor.Open(new GovernanceConfig(), directory.Open(_time), _time, NullLogger.Instance);

        async Task UseAsync(Governor governor)
        {
            var reservation = new Reservation();
            Assert.Equal(Refusal.None, governor.TryReserve(governor.Keys.Find(key)!, TestKeys.Prices, s_flat, default, reservation, "smart"));
            reservation.Release();
            await governor.Ledger.FlushAsync();
        }
    }

    [Fact]
    public void A_limit_does_not_hold_where_it_sends_requests_that_it_has_no_room_for()
    {
        Group org = Add(null, Of(LimitKind.Requests, 0) with { Downgrade = "cheap" });
        KeyEntry key = AddKey(org.Id);

        Refused(key, Refusal.Requests, $"{org.Id} requests/day");
        Take(key, pool: "cheap").Release();
    }

    [Fact]
    public void Admission_through_four_levels_allocates_nothing()
    {
        Group? above = null;
        for (int level = 0; level < 4; level++)
        {
            above = Add(above?.Id, Of(LimitKind.Budget, 1_000_000), Of(LimitKind.Requests, 1_000_000), Of(LimitKind.Tokens, 1_000_000_000),
                Of(LimitKind.Concurrency, 1_000_000));
        }

        KeyEntry key = AddKey(above!.Id);
        var reservation = new Reservation();
        var estimate = new Estimate(10, 10, false);
        for (int i = 0; i < 3; i++)
        {
            _governor.TryReserve(key, TestKeys.Prices, s_flat, estimate, reservation, "smart");
            reservation.Release();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _governor.TryReserve(key, TestKeys.Prices, s_flat, estimate, reservation, "smart");
            reservation.Release();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_interleaving_of_requests_and_edits_passes_any_limit_and_nothing_is_held_at_the_end(int seed)
    {
        const int Workers = 4;
        const int Rounds = 1500;
        var random = new Random(seed);
        Group org = Add(null, Of(LimitKind.Budget, 400), Of(LimitKind.Concurrency, 6), Of(LimitKind.Tokens, 30_000));
        Group[] teams = [.. Enumerable.Range(0, 3).Select(_ => Add(
            org.Id, Of(LimitKind.Budget, 150), Of(LimitKind.Requests, 700), Of(LimitKind.Tokens, 15_000, "smart")))];
        Group[] projects = [.. Enumerable.Range(0, 6).Select(
            number => Add(teams[number % 3].Id, Of(LimitKind.Budget, 90), Of(LimitKind.Concurrency, 3)))];
        KeyEntry[] keys = [.. projects.Select(project => AddKey(project.Id, Of(LimitKind.Requests, 300)))];
        PriceList prices = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 0, PricePer1KTokensCents = 10 });
        var open = new ConcurrentDictionary<string, int>();

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() =>
        {
            var mine = new Random((seed * 100) + worker);
            var reservations = new List<(Reservation Reservation, Estimate Estimate)>();
            for (int round = 0; round < Rounds; round++)
            {
                int number = mine.Next(keys.Length);
                switch (mine.Next(20))
                {
                    case 0:
                        // A project moves to another team, and back later.
                        lock (open)
                        {
                            Group moved = _governor.Groups.Find(projects[number].Id)!.Group;
                            _governor.Groups.Put(moved with { ParentId = teams[mine.Next(3)].Id });
                        }

                        break;
                    case < 9 when reservations.Count > 0:
                        int index = mine.Next(reservations.Count);
                        (Reservation ending, Estimate asked) = reservations[index];
                        reservations.RemoveAt(index);
                        if (mine.Next(4) == 0)
                        {
                            ending.Release();
                        }
                        else
                        {
                            TestKeys.Success("flat", mine.NextInt64(asked.InputTokens + 1), mine.NextInt64(asked.OutputTokens + 1)).Settle(ending);
                        }

                        break;
                    default:
                        var estimate = new Estimate(mine.Next(40), mine.Next(60), IsOpenEnded: false);
                        var reservation = new Reservation();
                        if (_governor.TryReserve(keys[number], prices, s_flat, estimate, reservation, mine.Next(2) == 0 ? "smart"
                            : "other") == Refusal.None)
                        {
                            reservations.Add((reservation, estimate));
                        }

                        break;
                }

                if (round % 50 == 0)
                {
                    CheckAll();
                }
            }

            reservations.ForEach(each => each.Reservation.Release());
        })));

        CheckAll();
        Assert.All(AllCounters(), counter => Assert.Equal((counter.Name, 0L), (counter.Name, counter.Held)));
        Assert.Equal((0, 0), (_governor.OpenReservations, _governor.HeldNanos));
        Assert.Equal(keys.Sum(key => key.Account.Read(key.Key, Now).SpendNanos), Counter(org, LimitKind.Budget).Read(Now).Used);

        void CheckAll()
        {
            foreach (LimitCounter counter in AllCounters())
            {
                (long used, _, _, uint running) = counter.Read(Now);
                Assert.True(counter.Limit.Kind == LimitKind.Concurrency ? running <= counter.Limit.Cap : used <= counter.Limit.Cap,
                    $"{counter.Name}: {used} of {counter.Limit.Cap}, {running} open");
            }
        }

        IEnumerable<LimitCounter> AllCounters() => _governor.Groups.Counters.Concat(keys.SelectMany(key => key.Limits));
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private static Limit Of(LimitKind kind, long max, string? scope = null)
        => new() { Kind = kind, Period = LimitPeriod.Day, Max = max, Scope = scope };

    private Governor Open() => Governor.Open(new GovernanceConfig(), _store, _time, NullLogger.Instance);

    private Group Add(string? parent, params Limit[] limits)
    {
        var group = new Group { Id = $"grp_{++_made}", Name = $"{_made}", ParentId = parent, CreatedAt = _made, Limits = limits };
        _store.InsertGroup(group);
        _governor.Groups.Put(group);
        return group;
    }

    private KeyEntry AddKey(string group, params Limit[] limits)
    {
        VirtualKey key = TestKeys.Make(++_made) with { GroupId = group, Limits = limits };
        Assert.True(_store.Insert(key));
        var entry = new KeyEntry(key, new KeyAccount()) { Group = _governor.Groups.Find(group) };
        Assert.True(_governor.Keys.TryAdd(entry));
        return entry;
    }

    private GroupNode Node(Group group) => _governor.Groups.Find(group.Id)!;

    private LimitCounter Counter(Group group, LimitKind kind) => Node(group).Counters.Single(counter => counter.Limit.Kind == kind);

    private Reservation Take(KeyEntry key, Estimate estimate = default, string pool = "smart", string[]? models = null)
    {
        var reservation = new Reservation();
        Assert.Equal(Refusal.None, _governor.TryReserve(key, TestKeys.Prices, models ?? s_flat, estimate, reservation, pool));
        return reservation;
    }

    private void Refused(KeyEntry key, Refusal refusal, string limit, Estimate estimate = default, string pool = "smart", string[]? models = null)
    {
        var reservation = new Reservation();
        Assert.Equal(refusal, _governor.TryReserve(key, TestKeys.Prices, models ?? s_flat, estimate, reservation, pool));
        Assert.Equal(limit, reservation.RefusedBy?.Name);
        Assert.False(reservation.IsOpen);
    }
}

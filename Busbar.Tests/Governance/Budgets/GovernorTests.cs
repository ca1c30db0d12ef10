using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Budgets;

public sealed class GovernorTests
{
    private static readonly string[] s_flat = ["flat"];
    private readonly CountingTime _time = new(new DateTimeOffset(2024, 2, 28, 23, 59, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_thousand_requests_at_once_against_a_budget_for_ten_let_ten_pass()
    {
        Governor governor = Open(new MemoryStore(TestKeys.Make() with { MaxBudgetCents = 10 }));

        Refusal[] outcomes = await AtOnce(governor, 1000);

        Assert.Equal(10, outcomes.Count(outcome => outcome == Refusal.None));
        Assert.Equal(990, outcomes.Count(outcome => outcome == Refusal.BudgetHeld));
        Assert.Equal((10, 10 * TestKeys.Cent), (governor.OpenReservations, governor.HeldNanos));
        await StopAsync(governor);
    }

    [Fact, Trait("gotcha", "C223")]
    public async Task Of_fifty_requests_at_once_exactly_the_requests_a_minute_pass()
    {
        Governor governor = Open(new MemoryStore(TestKeys.Make() with { RpmLimit = 10 }));

        Refusal[] outcomes = await AtOnce(governor, 50);

        Assert.Equal(10, outcomes.Count(outcome => outcome == Refusal.None));
        Assert.Equal(40, outcomes.Count(outcome => outcome == Refusal.Requests));
        await StopAsync(governor);
    }

    [Fact]
    public async Task Of_fifty_requests_at_once_exactly_the_concurrent_ones_pass()
    {
        Governor governor = Open(new MemoryStore(TestKeys.Make() with { MaxConcurrent = 7 }));

        Refusal[] outcomes = await AtOnce(governor, 50);

        Assert.Equal(7, outcomes.Count(outcome => outcome == Refusal.None));
        Assert.Equal(43, outcomes.Count(outcome => outcome == Refusal.Concurrency));
        await StopAsync(governor);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Thousands_of_parallel_requests_never_pass_the_cap_and_leave_nothing_held_whatever_becomes_of_them(int seed)
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 10, MaxConcurrent = 16, Period = BudgetPeriod.Monthly };
        var store = new MemoryStore(key);
        Governor governor = Open(store);
        KeyEntry entry = governor.Keys.Find(key.Id)!;
        PriceList prices = TestKeys.PricesWith(new GovernanceConfig { PricePerRequestCents = 0, PricePer1KTokensCents = 1 });
        long charged = 0;
        long maxOpen = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 8000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (number, _) =>
        {
            var random = new Random((seed * 100_000) + number);
            var reservation = new Reservation();
            var estimate = new Estimate(random.Next(100), random.Next(400), IsOpenEnded: false);
            if (governor.TryReserve(entry, prices, s_flat, estimate, reservation) != Refusal.None)
            {
                return;
            }

            InterlockedMax(ref maxOpen, entry.Account.Open);
            await Task.Yield();
            if (random.Next(3) == 0)
            {
                reservation.Release();
            }
            else
            {
                Charge charge = TestKeys.Success("flat", random.NextInt64(estimate.InputTokens + 1), random.NextInt64(estimate.OutputTokens + 1));
                Interlocked.Add(ref charged, prices.Of(key, "flat").Bill(charge.Usage));
                charge.Settle(reservation);
                charge.Settle(reservation);
                reservation.Release();
            }
        });

        Assert.InRange(charged, 1, 10 * TestKeys.Cent);
        Assert.InRange(maxOpen, 1, 16);
        Assert.Equal((0, 0, 0u), (governor.OpenReservations, governor.HeldNanos, entry.Account.Open));
        Assert.Equal(charged, entry.Account.Read(key, Now).SpendNanos);
        await governor.DisposeAsync();
        Assert.Equal(charged, Assert.Single(store.Windows).SpendNanos);
    }

    [Fact]
    public async Task A_stop_waits_by_the_clock_it_was_given_for_what_is_still_open_and_not_for_ever()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 100 };
        var store = new MemoryStore(key);
        Governor governor = Open(store);
        var settled = new Reservation();
        var forgotten = new Reservation();
        Assert.Equal(Refusal.None, governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, settled));
        Assert.Equal(Refusal.None, governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, forgotten));
        int before = _time.Timers;

        Task stopped = governor.DisposeAsync().AsTask();

        Assert.Equal(before + 1, _time.Timers);
        Assert.False(stopped.IsCompleted);
        TestKeys.Success().Settle(settled);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await stopped;
        Assert.Equal((1, TestKeys.Cent), (governor.OpenReservations, Assert.Single(store.Windows).SpendNanos));
    }

    [Fact]
    public async Task Two_threads_that_end_one_request_end_it_once()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1_000_000 };
        await using Governor governor = Open(new MemoryStore(key));
        KeyEntry entry = governor.Keys.Find(key.Id)!;
        for (int round = 0; round < 2000; round++)
        {
            var reservation = new Reservation();
            Assert.Equal(Refusal.None, governor.TryReserve(entry, TestKeys.Prices, s_flat, default, reservation));
            Parallel.Invoke(() => TestKeys.Success().Settle(reservation), () => TestKeys.Success().Settle(reservation));
        }

        Assert.Equal((0, 0), (governor.OpenReservations, governor.HeldNanos));
        Assert.Equal(2000 * TestKeys.Cent, entry.Account.Read(key, Now).SpendNanos);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Over_random_store_failures_restarts_and_midnights_the_ledger_is_the_sum_of_what_was_charged(int seed)
    {
        var random = new Random(seed);
        VirtualKey[] keys = [.. Enumerable.Range(1, 4).Select(
            number => TestKeys.Make(number) with { Period = (BudgetPeriod)(number % 3), MaxBudgetCents = number == 4 ? null : 200 })];
        var store = new MemoryStore(keys);
        var charged = new Dictionary<(string Key, string Model, long Day), long>();
        for (int life = 0; life < 6; life++)
        {
            Governor governor = Open(store);
            foreach (VirtualKey key in keys)
            {
                WindowUsage stored = store.Windows.FirstOrDefault(
                    window => window.KeyId == key.Id && window.WindowStart == BudgetWindow.StartOf(key.Period, Now));
                Assert.Equal(stored.SpendNanos, governor.Keys.Find(key.Id)!.Account.Read(key, Now).SpendNanos);
            }

            var open = new List<(Reservation Reservation, VirtualKey Key, long Day)>();
            for (int step = 0; step < 300; step++)
            {
                VirtualKey key = keys[random.Next(keys.Length)];
                var reservation = new Reservation();
                if (governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, new Estimate(10, 10, false),
                    reservation) == Refusal.None)
                {
                    open.Add((reservation, key, BudgetWindow.DayOf(Now)));
                }

                if (open.Count > random.Next(12))
                {
                    End(random.Next(open.Count));
                }

                _time.Advance(TimeSpan.FromSeconds(random.Next(600)));
                store.FailNext(random.Next(2));
                await governor.Ledger.FlushAsync();
            }

            while (open.Count > 0)
            {
                End(0);
            }

            Assert.Equal((0, 0), (governor.OpenReservations, governor.HeldNanos));
            store.FailNext(0);
            await governor.DisposeAsync();

            void End(int index)
            {
                (Reservation reservation, VirtualKey key, long day) = open[index];
                open.RemoveAt(index);
                string model = random.Next(2) == 0 ? "flat" : "card";
                if (random.Next(4) == 0)
                {
                    reservation.Release();
                    return;
                }

                Charge charge = TestKeys.Success(model, random.Next(10), random.Next(10));
                charge.Settle(reservation);
                charged[(key.Id, model, day)] = charged.GetValueOrDefault((key.Id, model, day)) + TestKeys.Prices.Of(key, model).Bill(charge.Usage);
            }
        }

        Assert.True(charged.Count > 20);
        Assert.Equal(charged, store.ReadUsage(null, 0, long.MaxValue, int.MaxValue)
            .ToDictionary(day => (day.KeyId, day.Model, day.Day), day => day.SpendNanos));
        Assert.Equal(charged.Values.Sum(), store.Windows.Sum(window => window.SpendNanos));
    }

    [Fact]
    public async Task A_crash_loses_what_was_not_flushed_and_nothing_else()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 100 };
        var store = new MemoryStore(key);
        Governor crashed = Open(store);
        Charge(crashed, key, 3);
        Assert.True(await crashed.Ledger.FlushAsync());
        Charge(crashed, key, 4);
        store.FailNext(int.MaxValue);
        await crashed.DisposeAsync();
        store.FailNext(0);

        await using Governor next = Open(store);

        Assert.Equal(3 * TestKeys.Cent, next.Keys.Find(key.Id)!.Account.Read(key, Now).SpendNanos);
    }

    [Fact, Trait("gotcha", "C231")]
    public async Task Fee_and_tokens_of_a_request_that_ends_after_midnight_belong_to_the_day_it_came()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 100, Period = BudgetPeriod.Daily };
        var store = new MemoryStore(key);
        Governor governor = Open(store);
        var reservation = new Reservation();
        long day = BudgetWindow.DayOf(Now);
        governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, ["card"], new Estimate(10, 10, false), reservation);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(day + 86_400, BudgetWindow.DayOf(Now));
        TestKeys.Success("card", 1_000, 1_000).Settle(reservation);
        await governor.DisposeAsync();

        Assert.Equal([new WindowUsage(key.Id, day, TestKeys.Cent + 35_000, 2_000, 1)], store.Windows);
        Assert.Equal([new DailyUsage(key.Id, "card", day, 1, 0, 0, TestKeys.Cent + 35_000, 1_000, 0, 0, 0, 1_000, 0, 0, 0, 0)],
            store.ReadUsage(null, 0, long.MaxValue, 9));
    }

    [Fact, Trait("gotcha", "C230")]
    public async Task A_failed_request_costs_nothing_and_leaves_no_row()
    {
        VirtualKey key = TestKeys.Make();
        var store = new MemoryStore(key);
        Governor governor = Open(store);
        var reservation = new Reservation();
        governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, reservation);
        new Charge("flat", Fee: false, default, IsEstimated: false).Settle(reservation);
        await governor.DisposeAsync();

        Assert.Empty(store.Windows);
    }

    [Fact]
    public async Task What_a_request_costs_is_fixed_when_it_comes_whatever_is_edited_meanwhile()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1 };
        await using Governor governor = Open(new MemoryStore(key));
        var reservation = new Reservation();
        governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, reservation);
        governor.Keys.TryUpdate(key with { PricePerRequestCents = 1000 });
        TestKeys.Success().Settle(reservation);

        Assert.Equal(TestKeys.Cent, governor.Keys.Find(key.Id)!.Account.Read(key, Now).SpendNanos);
    }

    [Fact]
    public async Task A_key_deleted_under_way_is_settled_into_nothing()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 5 };
        var store = new MemoryStore(key);
        Governor governor = Open(store);
        var reservation = new Reservation();
        governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, reservation);
        governor.Keys.Remove(key.Id);
        store.Delete(key.Id);
        TestKeys.Success().Settle(reservation);
        await governor.DisposeAsync();

        Assert.Equal((0, 0), (governor.OpenReservations, governor.HeldNanos));
        Assert.Empty(store.Windows);
        Assert.Empty(store.Keys);
    }

    [Fact]
    public async Task An_open_reservation_is_not_opened_again_and_a_charge_for_no_model_leaves_it_open()
    {
        VirtualKey key = TestKeys.Make();
        await using Governor governor = Open(new MemoryStore(key));
        KeyEntry entry = governor.Keys.Find(key.Id)!;
        var reservation = new Reservation();
        governor.TryReserve(entry, TestKeys.Prices, s_flat, default, reservation);

        Assert.Throws<InvalidOperationException>(() => governor.TryReserve(entry, TestKeys.Prices, s_flat, default, reservation));
        Assert.Throws<ArgumentNullException>(() => default(Charge).Settle(reservation));
        Assert.Equal(1, governor.OpenReservations);
        reservation.Release();
        Assert.Equal((0, 0u), (governor.OpenReservations, entry.Account.Open));
    }

    [Fact]
    public async Task A_key_is_spent_when_nothing_is_left_of_its_budget()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 2 };
        VirtualKey free = TestKeys.Make(2);
        await using Governor governor = Open(new MemoryStore(key, free));
        KeyEntry entry = governor.Keys.Find(key.Id)!;
        Charge(governor, key, 1);
        Charge(governor, free, 3);
        Assert.False(governor.IsSpent(entry));
        Charge(governor, key, 1);
        Assert.True(governor.IsSpent(entry));
        Assert.False(governor.IsSpent(governor.Keys.Find(free.Id)!));
    }

    [Fact]
    public async Task A_count_beyond_belief_is_charged_as_what_was_estimated_and_said_to_be()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 100 };
        await using Governor governor = Open(new MemoryStore(key));
        KeyEntry entry = governor.Keys.Find(key.Id)!;
        var reservation = new Reservation();
        governor.TryReserve(entry, TestKeys.Prices, ["card"], default, reservation);
        var estimate = new Usage { Input = 1_000, Output = 1_000 };
        reservation.Settle("card", hasFee: true, new Usage { Output = long.MaxValue }, isEstimated: false, estimate);

        Assert.True(reservation.Settled is { IsClamped: true, IsEstimated: true, IsSuccess: true, IsUnpriced: false });
        Assert.Equal(TestKeys.Cent + 35_000, entry.Account.Read(key, Now).SpendNanos);
        Assert.Equal((1, 1), (governor.Read(0).ClampedUsage, governor.Read(0).EstimatedUsage));
    }

    [Fact]
    public async Task What_was_reported_is_neither_estimated_nor_clamped_and_a_failure_no_success()
    {
        VirtualKey key = TestKeys.Make();
        await using Governor governor = Open(new MemoryStore(key));
        var reservation = new Reservation { Asked = "smart", Labels = "team=a" };
        long day = BudgetWindow.DayOf(Now);
        governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, reservation, "pool");
        reservation.Settle("flat", hasFee: false, new Usage { Input = 7 }, isEstimated: false);

        Assert.True(reservation.Settled is { IsClamped: false, IsEstimated: false, IsSuccess: false, IsUnpriced: true });
        ChargedAmount settled = reservation.Settled.Value;
        Assert.Equal((key.Id, "flat", "smart", "team=a"), (settled.KeyId, settled.Model, settled.Asked, settled.Labels));
        Assert.Equal((day, 0, 7), (settled.Day, settled.SpendNanos, settled.Usage.Input));
        Assert.Equal((0, 0), (governor.Read(0).ClampedUsage, governor.Read(0).EstimatedUsage));
    }

    [Fact]
    public async Task Refusals_are_counted_by_what_refused_and_the_keys_refused_most_come_first()
    {
        VirtualKey[] keys =
        [
            TestKeys.Make(1) with { RpmLimit = 1 }, TestKeys.Make(2) with { MaxConcurrent = 1 }, TestKeys.Make(3) with { TpmLimit = 5 },
            TestKeys.Make(4) with { MaxBudgetCents = 0 },
        ];
        Governor governor = Open(new MemoryStore(keys));
        for (int number = 0; number < keys.Length; number++)
        {
            for (int request = 0; request < number + 2; request++)
            {
                KeyEntry entry = governor.Keys.Find(keys[number].Id)!;
                if (governor.TryReserve(entry, TestKeys.Prices, s_flat, new Estimate(5, 5, false), new Reservation()) != Refusal.None)
                {
                    entry.Account.CountRefusal();
                }
            }
        }

        GovernanceFigures figures = governor.Read(maxKeys: 2);
        Assert.Equal((1, 2, 3, 5), (figures.RefusedForRequests, figures.RefusedForConcurrency, figures.RefusedForTokens, figures.RefusedForBudget));
        Assert.Equal([(keys[3].Id, 5L), (keys[2].Id, 3L)], figures.Refusals);
        await StopAsync(governor);
    }

    [Fact]
    public void Keys_that_contradict_each_other_stop_the_start_and_are_named()
    {
        var store = new MemoryStore(TestKeys.Make(1), TestKeys.Make(2) with { Digest = TestKeys.Make(1).Digest });

        StoreException refused = Assert.Throws<StoreException>(() => Open(store));
        Assert.Contains("contradict each other", refused.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("gotcha", "C245")]
    public void A_store_that_cannot_be_read_stops_the_start()
    {
        var store = new MemoryStore(TestKeys.Make());
        store.FailNext(1);

        Assert.Throws<StoreException>(() => Open(store));
    }

    [Theory, Trait("gotcha", "C245")]
    [InlineData(nameof(StoreErrorMode.Open), true)]
    [InlineData(nameof(StoreErrorMode.Closed), false)]
    public async Task A_key_with_an_unreadable_window_starts_at_zero_or_not_at_all(string mode, bool isActive)
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 5 };
        var store = new MemoryStore(key);
        store.Unreadable.Add(key.Id);
        await using Governor governor = Governor.Open(new GovernanceConfig { OnStoreError = Enum.Parse<StoreErrorMode>(mode) }, store, _time,
            NullLogger.Instance);

        Assert.Equal(isActive, governor.Keys.Find("sk-bb-" + new string('0', 31) + "1", Now, out _) is not null);
    }

    [Fact, Trait("gotcha", "C245")]
    public async Task An_edit_of_a_blocked_key_neither_stores_nor_lifts_the_block()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 5 };
        var store = new MemoryStore(key);
        store.Unreadable.Add(key.Id);
        var config = new GovernanceConfig { OnStoreError = StoreErrorMode.Closed };
        string secret = "sk-bb-" + new string('0', 31) + "1";
        await using (Governor governor = Governor.Open(config, store, _time, NullLogger.Instance))
        {
            var keys = new KeyService(governor, null, KeyGenerator.System, new AuditLog(store, _time, NullLogger.Instance), _time);
            KeyReply edited = await keys.UpdateAsync(key.Id, was => was with { Enabled = true, RpmLimit = 7 }, "enabled,rpm_limit", "");
            Assert.True(edited.Key is { Enabled: true, IsBlocked: true, RpmLimit: 7 });
            Assert.Null(governor.Keys.Find(secret, Now, out _));
        }

        VirtualKey stored = Assert.Single(store.Keys);
        Assert.True(stored is { Enabled: true, RpmLimit: 7 });
    }

    [Fact]
    public async Task Waiting_is_advised_only_where_it_helps_and_to_the_end_of_the_minute_at_most()
    {
        await using Governor governor = Open(new MemoryStore());
        _time.Advance(TimeSpan.FromSeconds(12));

        Assert.Equal(48, governor.RetryAfterSeconds(TestKeys.Make(), Refusal.Requests));
        Assert.Equal(48, governor.RetryAfterSeconds(TestKeys.Make(), Refusal.Tokens));
        Assert.Equal(1, governor.RetryAfterSeconds(TestKeys.Make(), Refusal.Concurrency));
        Assert.Equal(1, governor.RetryAfterSeconds(TestKeys.Make(), Refusal.BudgetHeld));
        Assert.Equal(0, governor.RetryAfterSeconds(TestKeys.Make(), Refusal.Budget));
    }

    [Fact]
    public async Task Figures_count_what_happened_and_name_the_biggest_spenders_first()
    {
        VirtualKey[] keys = [.. Enumerable.Range(1, 5).Select(number => TestKeys.Make(number) with { MaxBudgetCents = number == 3 ? null : number })];
        await using Governor governor = Open(new MemoryStore(keys));
        foreach (VirtualKey key in keys.Skip(1))
        {
            Charge(governor, key, (int)key.CreatedAt - 1);
        }

        var open = new Reservation();
        KeyEntry entry = governor.Keys.Find(keys[0].Id)!;
        governor.TryReserve(entry, TestKeys.Prices, s_flat, default, open);
        governor.TryReserve(entry, TestKeys.Prices, s_flat, default, new Reservation());
        governor.CountAccessRefusal();
        GovernanceFigures figures = governor.Read(maxKeys: 3);

        Assert.Equal((1, 1.0, 1, 1), (figures.OpenReservations, figures.ReservedCents, figures.RefusedForBudget, figures.RefusedForAccess));
        Assert.Equal([new KeyFigures(keys[4].Id, 4, 1), new KeyFigures(keys[3].Id, 3, 1), new KeyFigures(keys[2].Id, 2, null)], figures.Keys);
        new Charge("flat", Fee: true, new Usage { Output = long.MaxValue }, IsEstimated: true).Settle(open);
        Assert.Equal((1, 1, 0), (governor.Read(0).EstimatedUsage, governor.Read(0).ClampedUsage, governor.Read(0).OpenReservations));
    }

    private static void Charge(Governor governor, VirtualKey key, int requests)
    {
        var reservation = new Reservation();
        for (int request = 0; request < requests; request++)
        {
            Assert.Equal(Refusal.None, governor.TryReserve(governor.Keys.Find(key.Id)!, TestKeys.Prices, s_flat, default, reservation));
            TestKeys.Success().Settle(reservation);
        }
    }

    private static async Task<Refusal[]> AtOnce(Governor governor, int count)
    {
        KeyEntry entry = governor.Keys.Entries.Single();
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<Refusal>[] requests = [.. Enumerable.Range(0, count).Select(async _ =>
        {
            await start.Task;
            return governor.TryReserve(entry, TestKeys.Prices, s_flat, default, new Reservation());
        })];
        start.SetResult();
        return await Task.WhenAll(requests);
    }

    private static void InterlockedMax(ref long most, long value)
    {
        long seen;
        while ((seen = Interlocked.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }

    // With reservations that nobody will settle.
    private async Task StopAsync(Governor governor)
    {
        Task stopped = governor.DisposeAsync().AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await stopped;
    }

    private sealed class CountingTime : FakeTimeProvider
    {
        public CountingTime(DateTimeOffset start)
            : base(start)
        {
        }

        public int Timers { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private Governor Open(MemoryStore store) => Governor.Open(new GovernanceConfig(), store, _time, NullLogger.Instance);
}

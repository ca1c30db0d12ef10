using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Leases;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Busbar.Tests.Governance.Store.Postgres;

namespace Busbar.Tests.Governance.Leases;

/// <summary>What the database holds by itself, whatever nodes say and whenever they say it.</summary>
public sealed class PostgresLeasesTests : IDisposable
{
    private const long Day = 1_773_532_800;
    private static readonly TimeSpan s_term = TimeSpan.FromSeconds(30);
    private readonly string _url;
    private readonly PostgresLeases _leases;
    private long _sequence;

    public PostgresLeasesTests()
    {
        _url = PostgresServer.Shared.NewDatabase();
        PostgresStore.Open(PostgresServer.Config(_url), TimeProvider.System).Dispose();
        _leases = new PostgresLeases(PostgresServer.Config(_url));
    }

    public void Dispose() => _leases.Dispose();

    [SkippableFact]
    public async Task Used_and_lent_never_pass_the_cap_together()
    {
        long one = await OpenAsync();
        long two = await OpenAsync();

        // A quarter of what is left each, for two nodes.
        Assert.Equal(25, (await AskAsync(one, used: 0, keep: 0, need: 1, target: 90)).Granted);
        Assert.Equal(new LeaseGrant(18, 0, 25), await AskAsync(two, used: 0, keep: 0, need: 1, target: 90));
        Assert.Equal(new LeaseGrant(75, 0, 25), await AskAsync(two, used: 0, keep: 18, need: 75, target: 75));
        Assert.Equal(75, (await AskAsync(two, used: 70, keep: 75, need: 76, least: 76)).Granted);
        Assert.Equal(new LeaseGrant(25, 70, 5), await AskAsync(one, used: 25, keep: 25, need: 26, least: 26));
        await AskAsync(two, used: 70, keep: 70, need: 70);
        Assert.Equal(new LeaseGrant(30, 70, 0), await AskAsync(one, used: 25, keep: 25, need: 40, least: 26));
    }

    [SkippableFact]
    public async Task To_say_the_same_twice_changes_nothing_and_to_say_something_late_is_refused()
    {
        long one = await OpenAsync();
        await AskAsync(one, used: 5, keep: 9, need: 9);
        await AskAsync(one, used: 5, keep: 9, need: 9);
        await Assert.ThrowsAsync<StoreException>(() => _leases.ExchangeAsync(
            new LeaseCall(one, _sequence, s_term, [Ask(used: 1, keep: 2, need: 2)]), CancellationToken.None));
        Assert.Equal(new LeaseGrant(1, 5, 4), await AskAsync(await OpenAsync(), used: 0, keep: 0, need: 1));
    }

    [SkippableFact]
    public async Task A_session_that_ended_lends_nothing_any_more_and_is_told_so()
    {
        long dead = await OpenAsync(TimeSpan.FromMilliseconds(1));
        long heard = await OpenAsync();
        await Eventually(async () => !(await ExchangeAsync(dead, s_term)).IsAlive);
        LeaseReply reply = await ExchangeAsync(dead, s_term, Ask(used: 3, keep: 50, need: 50));
        Assert.False(reply.IsAlive);
        Assert.Equal(3, reply.Grants[0].Granted);
        Assert.Equal(new LeaseGrant(97, 3, 0), await AskAsync(heard, used: 0, keep: 0, need: 97));
    }

    [SkippableFact]
    public async Task What_a_silent_session_had_borrowed_is_others_once_it_has_ended_and_what_it_used_stays_used()
    {
        long silent = await OpenAsync();
        long heard = await OpenAsync();
        await AskAsync(silent, used: 20, keep: 20, need: 80, term: TimeSpan.FromMilliseconds(300));
        await Eventually(async () => (await AskAsync(heard, used: 0, keep: 0, need: 80, least: 80)).Granted == 80);
        Assert.False((await ExchangeAsync(silent, s_term)).IsAlive);
    }

    [SkippableFact]
    public async Task What_a_silent_session_had_booked_counts_as_used_once_it_has_ended_until_it_says_better()
    {
        long silent = await OpenAsync();
        long heard = await OpenAsync();
        await AskAsync(heard, used: 0, keep: 0, need: 10, target: 10);
        await ExchangeAsync(silent, TimeSpan.FromMilliseconds(300), Ask(used: 20, keep: 20, need: 60, book: 25));
        await Eventually(async () => (await AskAsync(heard, used: 0, keep: 10, need: 75, least: 75)) == new LeaseGrant(75, 25, 0));
        LeaseReply late = await ExchangeAsync(silent, s_term, Ask(used: 22, keep: 22, need: 22));
        Assert.False(late.IsAlive);
        Assert.Equal(new LeaseGrant(78, 22, 0), await AskAsync(heard, used: 0, keep: 75, need: 78, least: 78));
    }

    [SkippableFact]
    public async Task A_session_never_books_more_than_it_was_lent_and_one_that_is_closed_leaves_what_it_used()
    {
        long one = await OpenAsync();
        await ExchangeAsync(one, TimeSpan.FromMilliseconds(300), Ask(used: 1, keep: 1, need: 5, book: long.MaxValue));
        long two = await OpenAsync();
        await Eventually(async () => (await AskAsync(two, used: 0, keep: 0, need: 1, target: 1)).OthersUsed == 5);
        await ExchangeAsync(two, s_term, Ask(used: 2, keep: 2, need: 9, book: 9));
        await _leases.CloseAsync(two, CancellationToken.None);
        Assert.Equal(7, (await AskAsync(await OpenAsync(), used: 0, keep: 0, need: 1)).OthersUsed);
    }

    [SkippableFact]
    public async Task A_rolling_limit_reckons_with_the_days_before()
    {
        long one = await OpenAsync();
        await ExchangeAsync(one, s_term, Ask(used: 30, keep: 30, need: 30) with { Start = Day - (3 * 86_400), From = 0 },
            Ask(used: 40, keep: 60, need: 60) with { Start = Day - 86_400, From = 0 });
        LeaseReply reply = await ExchangeAsync(one, s_term, Ask(used: 0, keep: 0, need: 50, least: 1) with { From = Day - (2 * 86_400) });
        Assert.Equal(new LeaseGrant(40, 40, 20), reply.Grants[0]);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task A_budget_of_a_key_begins_with_what_the_key_has_spent_be_it_nothing(long spent)
    {
        const string Id = "vk_0000000000000001";
        using (PostgresStore store = PostgresStore.Open(PostgresServer.Config(_url), TimeProvider.System))
        {
            Assert.True(store.Insert(new VirtualKey { Id = Id, Name = "a", Digest = KeyDigest.Of("sk-bb-canary") }));
            store.Add([], spent == 0 ? [] : [new DailyUsage(Id, "m", Day, 1, 0, 0, spent, 0, 0, 0, 0, 0, 0, 0, 0, 0)]);
        }

        LeaseAsk ask = Ask(used: 0, keep: 0, need: 100, least: 1) with { Owner = Id, Key = "key/budget/day/", IsOfAccount = true };
        Assert.Equal(new LeaseGrant(100 - spent, spent, 0), (await ExchangeAsync(await OpenAsync(), s_term, ask)).Grants[0]);
    }

    [SkippableFact]
    public async Task A_node_whose_session_was_added_up_borrows_in_a_new_one_and_what_it_had_not_said_is_noted()
    {
        string database = _url[(_url.LastIndexOf('/') + 1)..];
        using var leases = new PostgresLeases(PostgresServer.Config(_url));
        await using var node = new FleetNode(leases, TimeProvider.System,
            [new Group { Id = "grp_org", Name = "org", Limits = [new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Total, Max = 10 }] }],
            [new VirtualKey { Id = "vk_1", Name = "a", Digest = KeyDigest.Of("sk-bb-canary"), GroupId = "grp_org" }]);
        (Reservation? first, _) = await node.TakeAsync("vk_1");
        await node.Desk.RoundAsync();
        (Reservation? second, _) = await node.TakeAsync("vk_1");
        PostgresServer.Shared.Execute(database, "UPDATE busbar.lease_sessions SET closed_at = now(); SELECT busbar.lease_fold('-1 hour')");

        await node.Desk.RoundAsync();
        first!.Release();
        second!.Release();
        await node.Desk.RoundAsync();
        await node.Desk.RoundAsync();
        Assert.False(node.Desk.IsAway);
        Assert.Equal(2L, Convert.ToInt64(PostgresServer.Shared.Scalar(database, "SELECT sum(used) FROM busbar.limit_counters"), null));
        Assert.Equal(Refusal.None, (await node.TakeAsync("vk_1")).Refusal);
    }

    [SkippableFact]
    public async Task Sessions_long_gone_become_one_row_and_lose_nothing()
    {
        long gone = await OpenAsync();
        await AskAsync(gone, used: 20, keep: 90, need: 90);
        await _leases.CloseAsync(gone, CancellationToken.None);
        long gone2 = await OpenAsync();
        await AskAsync(gone2, used: 7, keep: 7, need: 7);
        await _leases.CloseAsync(gone2, CancellationToken.None);
        string database = _url[(_url.LastIndexOf('/') + 1)..];
        Assert.Equal(2L, PostgresServer.Shared.Scalar(database, "SELECT busbar.lease_fold(interval '0')"));
        Assert.Equal(1L, PostgresServer.Shared.Scalar(database, "SELECT count(*) FROM busbar.limit_counters"));
        Assert.Equal(new LeaseGrant(73, 27, 0), await AskAsync(await OpenAsync(), used: 0, keep: 0, need: 99, least: 1));
        await Assert.ThrowsAsync<GoneSessionException>(() => AskAsync(gone, used: 25, keep: 90, need: 90));
    }

    [SkippableFact]
    public async Task Nodes_that_ask_at_once_for_the_same_limits_in_any_order_wait_for_each_other_and_pass_no_cap()
    {
        const int Limits = 40;
        string database = _url[(_url.LastIndexOf('/') + 1)..];
        Task[] nodes = [.. Enumerable.Range(0, 4).Select(node => Task.Run(async () =>
        {
            var random = new Random(node);
            using var leases = new PostgresLeases(PostgresServer.Config(_url));
            (long session, _) = await leases.OpenAsync(s_term, CancellationToken.None);
            var kept = new long[Limits];
            var used = new long[Limits];
            for (int call = 1; call <= 60; call++)
            {
                int[] chosen = [.. Enumerable.Range(0, Limits).OrderBy(_ => random.Next()).Take(20)];
                LeaseAsk[] asks = [.. chosen.Select(i => Ask(
                    used[i], kept[i], kept[i] + random.Next(3), target: kept[i] + 5) with { Owner = $"o{i}", Base = used[i] })];
                LeaseReply reply = await leases.ExchangeAsync(new LeaseCall(session, call, s_term, asks), CancellationToken.None);
                for (int i = 0; i < chosen.Length; i++)
                {
                    kept[chosen[i]] = reply.Grants[i].Granted;
                    used[chosen[i]] = random.NextInt64(used[chosen[i]], kept[chosen[i]] + 1);
                }
            }
        }))];
        await Task.WhenAll(nodes);
        Assert.Equal(100L, Convert.ToInt64(PostgresServer.Shared.Scalar(
            database, "SELECT max(sum) FROM (SELECT sum(granted) FROM busbar.limit_counters GROUP BY owner) AS s"), null));
        Assert.Equal((long)Limits, PostgresServer.Shared.Scalar(database, "SELECT count(DISTINCT owner) FROM busbar.limit_counters"));
    }

    private static LeaseAsk Ask(long used, long keep, long need, long? least = null, long target = 0, long? book = null) => new()
    {
        Owner = "grp_org",
        Key = "requests/day/",
        Start = Day,
        From = Day,
        End = long.MaxValue,
        Cap = 100,
        Used = used,
        Base = used,
        Keep = keep,
        Least = least ?? Math.Min(need, used + 1),
        Need = need,
        Target = target,
        Book = book ?? used,
    };

    private static async Task Eventually(Func<Task<bool>> isSo)
    {
        for (int i = 0; !await isSo(); i++)
        {
            Assert.True(i < 500, "it did not come to that");
            await Task.Delay(10);
        }
    }

    private async Task<long> OpenAsync(TimeSpan? term = null) => (await _leases.OpenAsync(term ?? s_term, CancellationToken.None)).Session;

    private async Task<LeaseGrant> AskAsync(long session, long used, long keep, long need, long? least = null, long target = 0, TimeSpan? term =
        null) =>
        (await ExchangeAsync(session, term ?? s_term, Ask(used, keep, need, least, target))).Grants[0];

    private Task<LeaseReply> ExchangeAsync(long session, TimeSpan term, params LeaseAsk[] asks) =>
        _leases.ExchangeAsync(new LeaseCall(session, ++_sequence, term, asks), CancellationToken.None);
}

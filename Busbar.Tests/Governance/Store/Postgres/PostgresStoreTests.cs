using System.Collections.Concurrent;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Nodes;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Busbar.Ir;
using Microsoft.Extensions.Time.Testing;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance.Store.Postgres;

public sealed class PostgresStoreTests
{
    private const long Today = Now - (Now % 86_400);

    [SkippableFact]
    public void Nodes_that_start_at_once_make_the_tables_once()
    {
        using var place = new PostgresPlace();
        var stores = new PostgresStore[6];
        Parallel.For(0, stores.Length, new ParallelOptions { MaxDegreeOfParallelism = stores.Length }, i => stores[i] =
            PostgresStore.Open(PostgresServer.Config(place.Url), TimeProvider.System));

        Assert.Equal(stores.Length, stores.Select(store => store.Epoch).Distinct().Count());
        Assert.Equal(1L, place.Rows("schema_version"));
        Assert.Equal((long)PostgresSchema.Version, place.Scalar("SELECT version FROM busbar.schema_version"));
        Assert.All(stores, store => store.Dispose());
    }

    [SkippableTheory]
    [InlineData("CREATE SCHEMA busbar; CREATE TABLE busbar.mine (x int)", "another program's")]
    [InlineData("CREATE SCHEMA busbar; CREATE TABLE busbar.schema_version (version bigint); INSERT INTO busbar.schema_version VALUES (999)",
        "schema version 999")]
    [InlineData("ALTER DATABASE {0} SET default_transaction_read_only = on", "takes no writes")]
    public void A_database_that_cannot_be_used_is_refused_in_one_line(string sql, string reason)
    {
        using var place = new PostgresPlace();
        place.Run(sql.Replace("{0}", place.Name, StringComparison.Ordinal));

        StoreException refusal = Assert.Throws<StoreException>(() => place.OpenNode().Dispose());

        Assert.Contains(reason, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [SkippableFact]
    public void What_is_written_again_because_the_answer_got_lost_counts_once()
    {
        using var place = new PostgresPlace();
        using var gate = new TcpGate(PostgresServer.Shared.Port);
        using PostgresStore store = PostgresStore.Open(PostgresServer.Config(PostgresServer.Shared.Url(place.Name, port: gate.Port)),
            TimeProvider.System);
        VirtualKey key = Key("k");
        Assert.True(store.Insert(key));
        store.Add([new(key.Id, 0, 1, 1, 1)], [Day(key.Id, 1)]);
        store.Put([new LimitUsage(key.Id, "budget/total/", 0, 5)]);

        gate.LoseAnswers();
        Assert.Throws<StoreException>(() => store.Add([new(key.Id, 0, 10, 10, 1)], [Day(key.Id, 10)]));
        Assert.Throws<StoreException>(() => store.Put([new LimitUsage(key.Id, "budget/total/", 0, 6)]));
        gate.Open();
        Assert.Equal(11L, place.Scalar("SELECT spend_nanos FROM busbar.usage_counters"));

        store.Add([new(key.Id, 0, 110, 110, 2)], [Day(key.Id, 110)]);
        store.Put([new LimitUsage(key.Id, "budget/total/", 0, 7)]);

        StoredGovernance stored = store.Load(Now);
        Assert.Equal([new WindowUsage(key.Id, 0, 111, 111, 3)], stored.Windows);
        Assert.Equal(111, Assert.Single(store.ReadUsage(null, 0, long.MaxValue, 10)).SpendNanos);
        Assert.Equal(7, Assert.Single(stored.LimitUsages).Used);
    }

    [SkippableFact]
    public void Usage_is_the_sum_over_nodes_and_of_those_that_are_gone()
    {
        using var place = new PostgresPlace();
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(Now));
        VirtualKey key = Key("k");
        using PostgresStore first = place.OpenNode(time), second = place.OpenNode(time);
        Assert.True(first.Insert(key));
        first.Load(Now);
        foreach (PostgresStore store in (PostgresStore[])[first, second])
        {
            store.Add([new(key.Id, 0, 5, 6, 7)], [Day(key.Id, 5)]);
            store.Put([new LimitUsage(key.Id, "tokens/total/", 0, 100)]);
        }

        Check(10, 200);

        // Silent for so long that what it used is added to that of the dead; it goes on all the same.
        place.Run($"UPDATE busbar.nodes SET seen_at = now() - interval '2 hours' WHERE epoch = {first.Epoch}");
        time.Advance(TimeSpan.FromHours(2));
        second.Append(new AuditEntry(0, Now, "a", "b", "", ""));
        Assert.Equal(0L, place.Scalar($"SELECT count(*) FROM busbar.usage_counters WHERE epoch = {first.Epoch}"));
        Check(10, 200);

        long epoch = first.Epoch;
        first.Add([new(key.Id, 0, 1, 0, 0)], [Day(key.Id, 1)]);
        first.Put([new LimitUsage(key.Id, "tokens/total/", 0, 103)]);
        Assert.NotEqual(epoch, first.Epoch);
        Check(11, 203);

        void Check(long spent, long used)
        {
            using PostgresStore third = place.OpenNode();
            StoredGovernance stored = third.Load(Now);
            Assert.Equal(spent, Assert.Single(stored.Windows).SpendNanos);
            Assert.Equal(spent, Assert.Single(third.ReadUsage(null, 0, long.MaxValue, 10)).SpendNanos);
            Assert.Equal(used, Assert.Single(stored.LimitUsages).Used);
        }
    }

    [SkippableFact]
    public void A_threshold_is_told_by_one_of_the_nodes_and_by_none_after_a_restart()
    {
        using var place = new PostgresPlace();
        var alert = new LimitAlert("grp_1", new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Day, Max = 1 }, Today, 80, 1);
        using (PostgresStore first = place.OpenNode(), second = place.OpenNode())
        {
            int told = 0;
            Parallel.For(0, 8, i => Interlocked.Add(ref told, (i % 2 == 0 ? first : second).TryNoteAlert(alert) ? 1 : 0));
            Assert.Equal(1, told);
        }

        using PostgresStore again = place.OpenNode();
        Assert.False(again.TryNoteAlert(alert));
        Assert.False(again.TryNoteAlert(alert, asksAgain: true));
        Assert.True(again.TryNoteAlert(alert with { Percent = 100 }));
        Assert.True(again.TryNoteAlert(alert with { WindowStart = Today + 86_400 }));

        // Noted, and the answer was lost.
        Assert.True(again.TryNoteAlert(alert with { WindowStart = Today + 86_400 }, asksAgain: true));
        Assert.False(again.TryNoteAlert(alert with { WindowStart = Today + 86_400 }));
    }

    [SkippableFact]
    public void A_threshold_that_a_node_noted_and_did_not_tell_before_it_ended_becomes_one_others_to_tell()
    {
        using var place = new PostgresPlace();
        var alert = new LimitAlert("grp_1", new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Day, Max = 1 }, Today, 80, 9);
        LimitAlert told = alert with { Percent = 50 };
        using PostgresStore first = place.OpenNode(), second = place.OpenNode(), third = place.OpenNode();
        Assert.True(first.TryNoteAlert(alert));
        Assert.True(first.TryNoteAlert(told));
        first.NoteTold([told]);

        // While it lives it is to do it itself.
        Assert.Empty(second.TakeUntold());
        Assert.True(first.IsToTell(alert));
        Assert.False(first.IsToTell(told));

        Silence(first);
        var taken = new ConcurrentBag<UntoldAlert>();
        Parallel.For(0, 8, i => (i % 2 == 0 ? second : third).TakeUntold().ToList().ForEach(taken.Add));
        Assert.Equal(new UntoldAlert("grp_1", alert.Limit.Key, Today, 80, 9), Assert.Single(taken));
        Assert.False(first.IsToTell(alert));
        Assert.True(second.IsToTell(alert) ^ third.IsToTell(alert));
        second.NoteTold([alert]);
        third.NoteTold([alert]);
        Silence(second);
        Silence(third);
        using PostgresStore later = place.OpenNode();
        Assert.Empty(later.TakeUntold());
        Assert.False(later.TryNoteAlert(alert));

        void Silence(PostgresStore node) => place.Run($"UPDATE busbar.nodes SET seen_at = now() - interval '16 seconds' WHERE epoch = {node.Epoch}");
    }

    [SkippableFact]
    public void An_edit_of_what_another_node_has_changed_is_refused_until_that_is_known()
    {
        using var place = new PostgresPlace();
        using PostgresStore first = place.OpenNode(), second = place.OpenNode();
        VirtualKey key = Key("k");
        Assert.True(first.Insert(key));
        Assert.True(first.Update(key with { Enabled = false }));

        Assert.Throws<StaleStoreException>(() => second.Update(key with { Name = "other" }));
        Assert.Throws<StaleStoreException>(() => second.Delete(key.Id));
        FleetChange change = Assert.Single(second.ReadChanges());
        Assert.Equal((FleetChange.Key, key.Id), (change.Kind, change.Id));
        second.Position = change.Number;

        Assert.False(Assert.Single(second.ReadKeys([key.Id])).Enabled);
        Assert.True(second.Update(key with { Name = "other" }));
    }

    [SkippableFact]
    public void What_clients_send_never_keeps_usage_from_being_written()
    {
        using var place = new PostgresPlace();
        using PostgresStore store = place.OpenNode();
        VirtualKey key = Key("k");
        Assert.True(store.Insert(key));
        store.Add([], [Day(key.Id, 1) with { Asked = "nul\0", Labels = "half\ud800" },
            Day(key.Id, 1) with { Asked = "nul\ufffd", Labels = "half\ufffd" }]);

        Assert.Equal(2, Assert.Single(store.ReadUsage(null, 0, long.MaxValue, 10)).SpendNanos);
    }

    [SkippableFact]
    public void Nodes_see_each_other_with_version_and_address_until_they_end()
    {
        using var place = new PostgresPlace();
        using PostgresStore first = PostgresStore.Open(PostgresServer.Config(place.Url), TimeProvider.System, "127.0.0.1:8080");
        PostgresStore second = place.OpenNode();
        second.Dispose();
        place.Run($"UPDATE busbar.nodes SET seen_at = now() - interval '5 seconds' WHERE epoch = {first.Epoch}");
        first.Beat();

        FleetNode[] nodes = [.. first.ReadNodes()];
        Assert.Equal([true, false], nodes.Select(node => node.IsAlive));
        Assert.Equal((first.Epoch, "127.0.0.1:8080", ProductVersion.Text, $"{Environment.MachineName}-{first.Epoch}"),
            (nodes[0].Epoch, nodes[0].Address, nodes[0].Version, nodes[0].Id));
    }

    private static DailyUsage Day(string key, long spend) => new(key, "m", Today, 1, 0, 0, spend, 1, 0, 0, 0, 1, 0, 0, 0, 0);
}

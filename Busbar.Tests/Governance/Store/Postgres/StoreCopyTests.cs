using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Microsoft.Extensions.Time.Testing;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance.Store.Postgres;

public sealed class StoreCopyTests : IDisposable
{
    private const long Today = Now - (Now % 86_400);

    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public void Everything_of_a_file_arrives_and_reads_the_same()
    {
        using var place = new PostgresPlace();
        using SqliteStore from = Filled();
        using PostgresStore to = place.OpenNode(Time);

        IReadOnlyList<CopiedTable> copied = StoreCopy.Run(from, to);

        Assert.Equal(
            ["audit_log 1", "key_groups 2", "limit_alerts 1", "limit_counters 1", "usage_counters 2", "usage_daily 2", "virtual_keys 2"],
            copied.Select(table => $"{table.Name} {table.Rows}").Order(StringComparer.Ordinal));
        Assert.Equal(Describe(from), Describe(to));
        (StoredGovernance was, StoredGovernance now) = (from.Load(Now), to.Load(Now));
        Assert.Equal(was.Keys.Select(Text), now.Keys.Select(Text));
        Assert.Equal(was.Groups.Select(group => $"{group.Id} {group.Name} {group.ParentId} {string.Join('/', group.Limits)}"),
            now.Groups.Select(group => $"{group.Id} {group.Name} {group.ParentId} {string.Join('/', group.Limits)}"));
        Assert.Equal(was.LimitUsages, now.LimitUsages);
        Assert.Equal(from.ReadAudit(long.MaxValue, 10), to.ReadAudit(long.MaxValue, 10));
        Assert.False(to.TryNoteAlert(Alert));

        // Nodes go on from there.
        to.Add([new(was.Keys[0].Id, 0, 1, 1, 1)], []);
        Assert.Equal(8, to.Load(Now).Windows.First(window => window.KeyId == was.Keys[0].Id).SpendNanos);
    }

    [SkippableFact]
    public void A_database_that_holds_keys_is_not_copied_into()
    {
        using var place = new PostgresPlace();
        using SqliteStore from = Filled();
        using PostgresStore to = place.OpenNode(Time);
        Assert.True(to.Insert(Key("other")));

        Assert.Contains("holds keys", Assert.Throws<StoreException>(() => StoreCopy.Run(from, to)).Message);

        Assert.Equal("other", Assert.Single(to.Load(Now).Keys).Name);
        Assert.Equal(0, place.Rows("key_groups"));
    }

    [SkippableFact]
    public void A_row_that_cannot_be_read_is_named_and_nothing_is_written()
    {
        using var place = new PostgresPlace();
        Filled().Dispose();
        _directory.Run("UPDATE usage_daily SET requests = 1.5");
        using SqliteStore from = _directory.Open(Time);
        using PostgresStore to = place.OpenNode(Time);

        Assert.Contains("unreadable requests from the table usage_daily", Assert.Throws<StoreException>(() => StoreCopy.Run(from, to)).Message);

        Assert.Equal(0, place.Rows("virtual_keys") + place.Rows("usage_counters"));
    }

    private static FakeTimeProvider Time => new(DateTimeOffset.FromUnixTimeSeconds(Now));

    private static LimitAlert Alert => new("grp_2", new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Day, Max = 1 }, Today, 80, 1);

    private SqliteStore Filled()
    {
        SqliteStore store = _directory.Open(Time);
        store.InsertGroup(new Group { Id = "grp_2", Name = "org", CreatedAt = 2, Limits = [Alert.Limit] });
        store.InsertGroup(new Group { Id = "grp_1", Name = "team", ParentId = "grp_2", CreatedAt = 1 });
        VirtualKey[] keys = [Key("a") with { GroupId = "grp_1", Labels = new Dictionary<string, string> { ["ü"] = "\"" }, AccessKey =
            new AccessKeyPair("AK", [0, 255]) }, Key("b", BudgetPeriod.Daily)];
        Assert.All(keys, key => Assert.True(store.Insert(key)));
        store.Add(
            [new(keys[0].Id, 0, 7, 8, 9), new(keys[1].Id, Today, long.MaxValue, 1, 2)],
            [new(keys[0].Id, "m", Today, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13) { Asked = "pool", Labels = "team=red" },
                new(keys[1].Id, "m", Today, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]);
        store.Put([new LimitUsage("grp_2", Alert.Limit.Key, Today, 77)]);
        Assert.True(store.TryNoteAlert(Alert));
        store.Append(new AuditEntry(0, Now, "key.create", keys[0].Id, "", "127.0.0.1"));
        return store;
    }

    private static string Text(VirtualKey key)
        => $"{key.Id} {key.Digest.ToHex()} {key.Name} {key.Period} {key.GroupId} {string.Join('/', key.Labels)} {key.AccessKey?.Id}" +
        $" {Convert.ToHexString(key.AccessKey?.SealedSecret ?? [])} {key.CreatedAt}";
}

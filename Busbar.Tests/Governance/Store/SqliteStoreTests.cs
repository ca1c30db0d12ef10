using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Extensions.Time.Testing;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance.Store;

public sealed class SqliteStoreTests : IDisposable
{
    private const long Today = Now - (Now % 86_400);

    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [Trait("gotcha", "C245")]
    [InlineData("spend_nanos = -1")]
    [InlineData("spend_nanos = 'abc'")]
    [InlineData("spend_nanos = 1.5")]
    [InlineData("tokens = x'00'")]
    [InlineData("requests = -9223372036854775807")]
    public void C245_a_window_that_cannot_be_read_is_reported_and_not_taken_for_zero(string damage)
    {
        VirtualKey good = Key("good"), bad = Key("bad");
        using (SqliteStore store = _directory.Open())
        {
            Assert.True(store.Insert(good) && store.Insert(bad));
            store.Add([new(good.Id, 0, 1, 1, 1), new(bad.Id, 0, 1, 1, 1)], []);
        }

        _directory.Run($"UPDATE usage_counters SET {damage} WHERE key_id = '{bad.Id}'");
        using SqliteStore again = _directory.Open();
        StoredGovernance stored = again.Load(Now);
        Assert.Equal([bad.Id], stored.UnreadableWindows);
        Assert.Equal([good.Id], stored.Windows.Select(window => window.KeyId));

        // Taken for zero by then, it becomes readable with what was added since.
        again.Add([new(bad.Id, 0, 2, 2, 2)], []);
        Assert.Contains(again.Load(Now).Windows, window => window.KeyId == bad.Id);
    }

    [Theory]
    [InlineData("key_hash", "'abc'")]
    [InlineData("key_hash", "x'00'")]
    [InlineData("name", "x'00'")]
    [InlineData("allowed_pools", "' , '")]
    [InlineData("allowed_pools", "'[1]'")]
    [InlineData("allowed_pools", "'[\"a\"'")]
    [InlineData("allowed_pools", "'[\"a\",[\"b\"]]'")]
    [InlineData("max_budget_cents", "-1")]
    [InlineData("rpm_limit", "4294967296")]
    [InlineData("tpm_limit", "'many'")]
    [InlineData("enabled", "'yes'")]
    [InlineData("created_at", "-5")]
    [InlineData("former_hash", "''")]
    [InlineData("enforcement", "'lax'")]
    [InlineData("labels", "'[]'")]
    [InlineData("labels", "'{\"a\":1}'")]
    [InlineData("access_key_secret", "'text'")]
    public void A_broken_key_row_stops_the_start_and_is_named_with_its_column(string column, string value)
    {
        VirtualKey key = Key("k") with { AccessKey = new AccessKeyPair("AK", [1]) };
        using (SqliteStore store = _directory.Open())
        {
            Assert.True(store.Insert(key));
        }

        _directory.Run($"UPDATE virtual_keys SET {column} = {value}");
        string refusal = _directory.LoadRefusal();
        Assert.Contains(key.Id, refusal);
        Assert.Contains(column, refusal);
        Assert.Equal(refusal, SqliteStore.Refusal(_directory.File));
    }

    [Fact]
    public void An_unknown_budget_period_is_for_all_time_with_a_warning()
    {
        VirtualKey key = Key("k", BudgetPeriod.Daily);
        using (SqliteStore store = _directory.Open())
        {
            Assert.True(store.Insert(key));
            store.Add([new(key.Id, 0, 1, 1, 1)], []);
        }

        _directory.Run("UPDATE virtual_keys SET budget_period = 'weekly'");
        using SqliteStore again = _directory.Open();
        StoredGovernance stored = again.Load(Now);
        Assert.Equal(BudgetPeriod.Total, stored.Keys[0].Period);
        Assert.Single(stored.Windows);
        Assert.Contains(key.Id, Assert.Single(stored.Warnings));
    }

    [Fact]
    public void Old_days_windows_and_acts_are_removed_now_and_then_and_the_rest_stays()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(Now));
        VirtualKey key = Key("k", BudgetPeriod.Daily);
        using SqliteStore store = _directory.Open(time);
        Assert.True(store.Insert(key));
        _directory.Run($"""
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SqliteStore.AuditKept + 1500})
            INSERT INTO audit_log (at, action, subject, detail, source) SELECT i, '', '', '', '' FROM n;
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
            INSERT INTO usage_daily (day, key_id, model) SELECT {Today - (500L * 86_400)}, '{key.Id}', i FROM n;
            INSERT INTO usage_counters (key_id, window_start) VALUES ('{key.Id}', 0), ('{key.Id}', {Today - (70L * 86_400)}), ('{key.Id}', {Today - 86_400})
            """);

        for (int i = 0; i < 4; i++)
        {
            store.Add([], [Day(key.Id, Today, 1), Day(key.Id, Today - (399L * 86_400), 1)]);
        }

        Assert.Equal([Today - (399L * 86_400), Today], store.ReadUsage(null, 0, long.MaxValue, 100).Select(day => day.Day));
        Assert.Equal(2L, _directory.Scalar("SELECT count(*) FROM usage_counters"));
        Assert.Equal((long)SqliteStore.AuditKept, _directory.Scalar("SELECT count(*) FROM audit_log"));

        time.Advance(TimeSpan.FromDays(2));
        store.Append(new AuditEntry(0, Now, "a", "b", "", ""));
        Assert.Single(store.ReadUsage(null, 0, long.MaxValue, 100));
    }

    [Fact]
    public void The_file_and_what_is_beside_it_are_the_owners_alone()
    {
        System.IO.File.WriteAllBytes(_directory.File, []);
        System.IO.File.SetUnixFileMode(
            _directory.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        for (int i = 0; i < 2; i++)
        {
            using SqliteStore store = _directory.Open();
            store.Append(new AuditEntry(0, Now, "a", "b", "", ""));
            string[] files = System.IO.Directory.GetFiles(_directory.Folder);
            Assert.Equal(["governance.db", "governance.db-shm", "governance.db-wal", "governance.db.lock"],
                files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file)));
            store.Dispose();
            foreach (string file in System.IO.Directory.GetFiles(_directory.Folder))
            {
                System.IO.File.Delete(file);
            }
        }
    }

    [Fact]
    public void A_second_store_on_the_same_file_is_refused_under_every_name_and_the_first_goes_on()
    {
        string link = Path.Combine(_directory.Folder, "link.db");
        System.IO.File.CreateSymbolicLink(link, _directory.File);
        using (SqliteStore first = _directory.Open())
        {
            Assert.Contains("in use by another", _directory.Refusal());
            Assert.Contains("in use by another", Assert.Throws<StoreException>(() => SqliteStore.Open(link, TimeProvider.System)).Message);
            Assert.Null(SqliteStore.Refusal(_directory.File));
            Assert.True(first.Insert(Key("k")));
        }

        using SqliteStore second = _directory.Open();
        Assert.Single(second.Load(Now).Keys);
    }

    [Fact]
    public void The_pragmas_that_durability_rests_on_are_set()
    {
        _directory.Open().Dispose();
        Assert.Equal("wal", _directory.Scalar("PRAGMA journal_mode"));
        Assert.Equal((long)SqliteSchema.Version, _directory.Scalar("PRAGMA user_version"));
        Assert.Equal("ok", _directory.Scalar("PRAGMA integrity_check"));
    }

    private static DailyUsage Day(string key, long day, long spend) => new(key, "m", day, 1, 0, 0, spend, 1, 0, 0, 0, 1, 0, 0, 0, 0);
}

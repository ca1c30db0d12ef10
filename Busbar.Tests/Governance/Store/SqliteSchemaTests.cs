using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance.Store;

public sealed class SqliteSchemaTests : IDisposable
{
    private const string Predecessor = """
        CREATE TABLE virtual_keys (id TEXT PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, allowed_pools TEXT DEFAULT '', max_budget_cents INTEGER,
          budget_period TEXT DEFAULT 'total', rpm_limit INTEGER, tpm_limit INTEGER, enabled INTEGER DEFAULT 1, created_at INTEGER);
        CREATE TABLE usage_counters (key_id TEXT, window_start INTEGER, spend_cents INTEGER DEFAULT 0, tokens INTEGER DEFAULT 0, requests INTEGER DEFAULT 0,
          PRIMARY KEY (key_id, window_start));
        """;

    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("gotcha", "C221")]
    public void C221_keys_and_spending_of_the_predecessor_survive_pools_between_commas_too()
    {
        _directory.Run(Predecessor + $"""
            INSERT INTO virtual_keys VALUES ('vk_2', '{KeyDigest.Of("2").ToHex()}', 'second', 'a, b,c', 500, 'daily', 60, 1000, 0, 20);
            INSERT INTO virtual_keys VALUES ('vk_1', '{KeyDigest.Of("1").ToHex()}', 'first', '["x,y"]', NULL, NULL, NULL, NULL, NULL, 10);
            INSERT INTO virtual_keys VALUES ('vk_3', '{KeyDigest.Of("3").ToHex()}', 'third', NULL, 0, 'monthly', NULL, NULL, 1, NULL);
            INSERT INTO usage_counters VALUES ('vk_1', 0, 123, 456, 7), ('vk_2', {Now - (Now % 86_400)}, 9300000000000, 1, 1), ('vk_3', 1772323200, 'lost', 1, 1), ('vk_gone', 0, 5, 5, 5);
            """);
        Assert.Null(SqliteStore.Refusal(_directory.File));
        Assert.Equal(0L, _directory.Scalar("PRAGMA user_version"));

        for (int start = 0; start < 2; start++)
        {
            using SqliteStore store = _directory.Open();
            StoredGovernance stored = store.Load(Now);
            Assert.Equal(["third", "first", "second"], stored.Keys.Select(key => key.Name));
            Assert.Empty(stored.Keys[0].AllowedPools);
            Assert.Equal(["x,y"], stored.Keys[1].AllowedPools);
            Assert.Equal(["a", "b", "c"], stored.Keys[2].AllowedPools);
            VirtualKey second = stored.Keys[2];
            Assert.Equal((500L, BudgetPeriod.Daily, 60u, 1000u, false, 20L, true),
                (second.MaxBudgetCents, second.Period, second.RpmLimit, second.TpmLimit, second.Enabled, second.CreatedAt,
                second.Digest.Equals(KeyDigest.Of("2"))));
            Assert.Equal((null, BudgetPeriod.Total, null, true),
                (stored.Keys[1].MaxBudgetCents, stored.Keys[1].Period, stored.Keys[1].RpmLimit, stored.Keys[1].Enabled));

            Assert.Equal([new WindowUsage("vk_1", 0, 1_230_000_000, 456, 7), new WindowUsage("vk_2", Now - (Now % 86_400), long.MaxValue, 1, 1)],
                stored.Windows);
            Assert.Equal(["vk_3"], stored.UnreadableWindows);
        }

        Assert.Equal(123L, _directory.Scalar("SELECT spend_cents FROM usage_counters WHERE key_id = 'vk_1'"));
        Assert.Equal("ok", _directory.Scalar("PRAGMA integrity_check"));
        Assert.Null(_directory.Scalar("PRAGMA foreign_key_check"));
    }

    [Fact]
    public void Micro_cents_of_the_first_version_become_nano_dollars_and_its_labels_groups()
    {
        using (SqliteStore store = _directory.Open())
        {
            Assert.True(store.Insert(Key("k")));
        }

        // Back to what the first version wrote.
        string id = Key("k").Id;
        _directory.Run($"""
            DROP INDEX virtual_keys_group;
            ALTER TABLE virtual_keys DROP COLUMN group_id;
            ALTER TABLE virtual_keys DROP COLUMN limits;
            ALTER TABLE virtual_keys ADD COLUMN key_group TEXT;
            UPDATE virtual_keys SET key_group = 'research';
            DROP TABLE key_groups;
            DROP TABLE limit_counters;
            DROP TABLE limit_alerts;
            DROP TABLE usage_counters;
            CREATE TABLE usage_counters (key_id TEXT NOT NULL REFERENCES virtual_keys (id) ON DELETE CASCADE, window_start INTEGER NOT NULL,
              spend_microcents INTEGER NOT NULL DEFAULT 0, spend_cents INTEGER GENERATED ALWAYS AS (spend_microcents / 1000000) VIRTUAL,
              tokens INTEGER NOT NULL DEFAULT 0, requests INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (window_start, key_id)) WITHOUT ROWID;
            CREATE INDEX usage_counters_key ON usage_counters (key_id);
            INSERT INTO usage_counters (key_id, window_start, spend_microcents, tokens, requests) VALUES ('{id}', 0, 1234567, 8, 9);
            DROP TABLE usage_daily;
            CREATE TABLE usage_daily (day INTEGER NOT NULL, key_id TEXT NOT NULL REFERENCES virtual_keys (id) ON DELETE CASCADE, model TEXT NOT NULL,
              requests INTEGER NOT NULL DEFAULT 0, estimated INTEGER NOT NULL DEFAULT 0, spend_microcents INTEGER NOT NULL DEFAULT 0, input INTEGER NOT NULL DEFAULT 0,
              cache_read INTEGER NOT NULL DEFAULT 0, cache_write INTEGER NOT NULL DEFAULT 0, output INTEGER NOT NULL DEFAULT 0, reasoning INTEGER NOT NULL DEFAULT 0,
              PRIMARY KEY (day, key_id, model)) WITHOUT ROWID;
            CREATE INDEX usage_daily_key ON usage_daily (key_id);
            INSERT INTO usage_daily VALUES (86400, '{id}', 'm', 1, 0, 1234567, 2, 3, 4, 5, 6);
            PRAGMA user_version = 1;
            """);

        using SqliteStore upgraded = _directory.Open();

        StoredGovernance stored = upgraded.Load(Now);
        Assert.Equal([new WindowUsage(id, 0, 12_345_670, 8, 9)], stored.Windows);

        // A label of keys is a group without limits from now on.
        Group group = Assert.Single(stored.Groups);
        Assert.Equal(("research", null, 0), (group.Name, group.ParentId, group.Limits.Count));
        Assert.Equal(group.Id, Assert.Single(stored.Keys).GroupId);
        Assert.Equal([new DailyUsage(id, "m", 86_400, 1, 0, 0, 12_345_670, 2, 3, 4, 0, 5, 6, 0, 0, 0)],
            upgraded.ReadUsage(null, 0, long.MaxValue, 10));
        upgraded.Dispose();
        Assert.Equal(1L, _directory.Scalar("SELECT spend_cents FROM usage_counters"));
    }

    [Fact]
    public void An_upgrade_that_fails_leaves_the_file_as_it_was()
    {
        // A column is missing, as in no release.
        _directory.Run("CREATE TABLE virtual_keys (id TEXT PRIMARY KEY, key_hash TEXT); INSERT INTO virtual_keys VALUES ('vk_1', 'x')");
        Assert.Contains("refused", _directory.Refusal());
        Assert.Equal("vk_1", _directory.Scalar("SELECT id FROM virtual_keys"));
        Assert.Equal(1L, _directory.Scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"));
        Assert.Equal(0L, _directory.Scalar("PRAGMA user_version"));
    }

    [Fact]
    public void A_file_of_a_newer_program_is_left_alone_and_both_versions_are_named()
    {
        _directory.Open().Dispose();
        _directory.Run("PRAGMA user_version = 99; CREATE TABLE of_tomorrow (x)");
        byte[] before = System.IO.File.ReadAllBytes(_directory.File);

        string refusal = _directory.Refusal();
        Assert.Contains("99", refusal);
        Assert.Contains($"up to {SqliteSchema.Version}", refusal);
        Assert.Equal(refusal, SqliteStore.Refusal(_directory.File));
        Assert.Equal(before, System.IO.File.ReadAllBytes(_directory.File));
    }

    [Theory]
    [InlineData("CREATE TABLE recipes (x)")]
    [InlineData("CREATE TABLE virtual_keys (id); CREATE TABLE recipes (x)")]
    [InlineData("CREATE TABLE recipes (x); PRAGMA user_version = 1")]
    public void Another_programs_database_is_not_touched(string content)
    {
        _directory.Run(content);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        System.IO.File.SetUnixFileMode(_directory.File, Mode);
        byte[] before = System.IO.File.ReadAllBytes(_directory.File);
        Assert.Contains("another program", _directory.Refusal());
        Assert.Equal(before, System.IO.File.ReadAllBytes(_directory.File));
        Assert.Equal(Mode, System.IO.File.GetUnixFileMode(_directory.File));
        Assert.Equal([_directory.File], System.IO.Directory.GetFiles(_directory.Folder));
    }

    [Fact]
    public void An_empty_file_becomes_a_database()
    {
        System.IO.File.WriteAllBytes(_directory.File, []);
        Assert.Null(SqliteStore.Refusal(_directory.File));
        using SqliteStore store = _directory.Open();
        Assert.Empty(store.Load(Now).Keys);
    }
}

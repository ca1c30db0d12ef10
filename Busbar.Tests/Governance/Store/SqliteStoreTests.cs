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

    [Fact]
    public void Every_field_of_a_key_survives_a_restart()
    {
        var random = new Random(7);
        VirtualKey[] keys = [.. Enumerable.Range(0, 200).Select(i => RandomKey(random, i))];
        using (SqliteStore store = _directory.Open())
        {
            Assert.All(keys, key => Assert.True(store.Insert(key)));
        }

        using SqliteStore again = _directory.Open();
        Assert.Equal(keys.Select(Text), again.Load(Now).Keys.Select(Text));
        VirtualKey[] changed = [.. keys.Select((key, i) => RandomKey(random, i) with { Id = key.Id, CreatedAt = key.CreatedAt })];
        Assert.All(changed, key => Assert.True(again.Update(key)));
        Assert.Equal(changed.Select(Text), again.Load(Now).Keys.Select(Text));
    }

    [Fact]
    [Trait("gotcha", "C221")]
    public void C221_pool_names_with_commas_quotes_and_brackets_come_back_as_they_were()
    {
        string[] names = ["a,b", "", " ", "[x]", "\"", "\\", "ü,\0,🚌", new string('n', 5000)];
        using (SqliteStore store = _directory.Open())
        {
            Assert.True(store.Insert(Key("k") with { AllowedPools = names }));
        }

        using SqliteStore again = _directory.Open();
        Assert.Equal(names, Assert.Single(again.Load(Now).Keys).AllowedPools);
    }

    [Fact]
    public void Keys_come_by_creation_whatever_the_order_of_insertion()
    {
        using SqliteStore store = _directory.Open();
        foreach (long at in (long[])[30, 10, 20, 10])
        {
            Assert.True(store.Insert(Key($"k{at}{store.Load(Now).Keys.Count}", createdAt: at)));
        }

        Assert.Equal(["k101", "k103", "k202", "k300"], store.Load(Now).Keys.Select(key => key.Name));
    }

    [Fact]
    public void Keys_with_the_same_lists_labels_and_groups_share_them_in_memory()
    {
        using SqliteStore store = _directory.Open();
        store.InsertGroup(new Group { Id = "grp_1", Name = "g" });
        var labels = new Dictionary<string, string> { ["team"] = "x" };
        foreach (string secret in (string[])["a", "b"])
        {
            Assert.True(store.Insert(Key(secret) with { AllowedPools = ["p", "q"], Labels = labels, GroupId = "grp_1" }));
        }

        IReadOnlyList<VirtualKey> keys = store.Load(Now).Keys;
        Assert.Same(keys[0].AllowedPools, keys[1].AllowedPools);
        Assert.Same(keys[0].Labels, keys[1].Labels);
        Assert.Same(keys[0].GroupId, keys[1].GroupId);
    }

    [Fact]
    public void A_key_is_not_inserted_when_its_id_digest_or_access_key_id_is_taken()
    {
        using SqliteStore store = _directory.Open();
        VirtualKey first = Key("first") with { FormerDigest = KeyDigest.Of("former"), AccessKey = new AccessKeyPair("AK1", [1]) };
        Assert.True(store.Insert(first));

        Assert.False(store.Insert(first));
        Assert.False(store.Insert(Key("second") with { Id = first.Id }));
        Assert.False(store.Insert(Key("first") with { Id = "vk_other" }));
        Assert.False(store.Insert(Key("former") with { Id = "vk_other" }));
        Assert.False(store.Insert(Key("second") with { FormerDigest = first.Digest }));
        Assert.False(store.Insert(Key("second") with { FormerDigest = first.FormerDigest }));
        Assert.False(store.Insert(Key("second") with { AccessKey = new AccessKeyPair("AK1", [2]) }));
        Assert.Equal([Text(first)], store.Load(Now).Keys.Select(Text));
        Assert.True(store.Insert(Key("second")));
    }

    [Fact]
    public void An_update_that_takes_another_keys_access_key_id_changes_nothing()
    {
        using SqliteStore store = _directory.Open();
        Assert.True(store.Insert(Key("a") with { AccessKey = new AccessKeyPair("AK1", [1]) }));
        Assert.True(store.Insert(Key("b")));
        Assert.Throws<StoreException>(() => store.Update(Key("b") with { Name = "other", AccessKey = new AccessKeyPair("AK1", [1]) }));
        Assert.Equal(["a", "b"], store.Load(Now).Keys.Select(key => key.Name));
    }

    [Fact]
    [Trait("gotcha", "C218")]
    public void C218_of_two_deletions_at_once_exactly_one_finds_the_key()
    {
        using SqliteStore store = _directory.Open();
        Assert.False(store.Delete("vk_unknown"));
        for (int i = 0; i < 50; i++)
        {
            VirtualKey key = Key($"k{i}");
            Assert.True(store.Insert(key));
            int found = 0;
            Parallel.For(0, 2, _ => Interlocked.Add(ref found, store.Delete(key.Id) ? 1 : 0));
            Assert.Equal(1, found);
        }

        Assert.Empty(store.Load(Now).Keys);
    }

    [Fact]
    [Trait("gotcha", "C219")]
    public void C219_an_update_never_brings_a_deleted_key_back()
    {
        using SqliteStore store = _directory.Open();
        for (int i = 0; i < 50; i++)
        {
            VirtualKey key = Key($"k{i}");
            Assert.True(store.Insert(key));
            Parallel.Invoke(() => store.Update(key with { Name = "changed" }), () => Assert.True(store.Delete(key.Id)));
            Assert.False(store.Update(key));
        }

        Assert.Empty(store.Load(Now).Keys);
    }

    [Fact]
    [Trait("gotcha", "C220")]
    public void C220_a_key_made_again_inherits_no_usage_and_late_increments_of_a_deleted_key_are_passed_over()
    {
        using SqliteStore store = _directory.Open();
        VirtualKey key = Key("k");
        Assert.True(store.Insert(key));
        store.Add([new(key.Id, 0, 5, 6, 7)], [Day(key.Id, Today, 5)]);
        Assert.True(store.Delete(key.Id));
        Assert.Equal(0L, _directory.Scalar("SELECT (SELECT count(*) FROM usage_counters) + (SELECT count(*) FROM usage_daily)"));

        store.Add([new(key.Id, 0, 1, 1, 1)], [Day(key.Id, Today, 1)]);
        Assert.True(store.Insert(key));
        Assert.Empty(Describe(store));
    }

    [Fact]
    [Trait("gotcha", "C240")]
    public void C240_keys_and_spending_survive_a_restart_and_only_the_current_windows_are_loaded()
    {
        VirtualKey total = Key("total"), daily = Key("daily", BudgetPeriod.Daily), monthly = Key("monthly", BudgetPeriod.Monthly);
        long month = BudgetWindow.StartOf(BudgetPeriod.Monthly, Now);
        using (SqliteStore store = _directory.Open(new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(Now))))
        {
            Assert.All([total, daily, monthly], key => Assert.True(store.Insert(key)));
            store.Add([new(total.Id, 0, 1, 2, 3), new(daily.Id, Today, 4, 5, 6), new(daily.Id, Today - 86_400, 7, 7, 7), new(monthly.Id, month, 8, 9, 10), new(monthly.Id, month - 100, 7, 7, 7)], []);
            store.Add([new(total.Id, 0, 10, 20, 30)], []);
        }

        using SqliteStore again = _directory.Open();
        Assert.Equal(
            [new WindowUsage(total.Id, 0, 11, 22, 33), new WindowUsage(monthly.Id, month, 8, 9, 10), new WindowUsage(daily.Id, Today, 4, 5, 6)],
            again.Load(Now).Windows.OrderBy(window => window.WindowStart));
        Assert.Empty(again.Load(Now).UnreadableWindows);
    }

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
    public void Sums_end_at_the_largest_number_and_stay_numbers()
    {
        VirtualKey key = Key("k");
        using SqliteStore store = _directory.Open();
        Assert.True(store.Insert(key));
        for (int i = 0; i < 3; i++)
        {
            store.Add([new(key.Id, 0, long.MaxValue - 1, long.MaxValue, 1)], [Day(key.Id, Today, long.MaxValue)]);
        }

        Assert.Equal([new WindowUsage(key.Id, 0, long.MaxValue, long.MaxValue, 3)], store.Load(Now).Windows);
        Assert.Equal(long.MaxValue, store.ReadUsage(key.Id, 0, long.MaxValue, 10)[0].SpendNanos);
    }

    [Fact]
    public void Usage_is_read_by_day_key_and_model_within_bounds()
    {
        using SqliteStore store = _directory.Open();
        VirtualKey[] keys = [.. ((string[])["a", "b"]).Select(name => Key(name)).OrderBy(key => key.Id, StringComparer.Ordinal)];
        DailyUsage[] days =
        [
            .. from day in (long[])[Today - 86_400, Today]
               from key in keys
               from model in (string[])["m1", "m2"]
               from labels in (string[])["", "team=red"]
               select new DailyUsage(key.Id, model, day, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13) { Asked = "pool", Labels = labels },
        ];
        Assert.All(keys, key => Assert.True(store.Insert(key)));
        store.Add([], [.. days.Reverse()]);

        Assert.Equal(days, store.ReadUsage(null, 0, long.MaxValue, 100));
        Assert.Equal(days.Take(3), store.ReadUsage(null, 0, long.MaxValue, 3));
        Assert.Equal(days.Where(day => day.KeyId == keys[1].Id), store.ReadUsage(keys[1].Id, 0, long.MaxValue, 100));
        Assert.Equal(days.Where(day => day.Day == Today), store.ReadUsage(null, Today, Today + 1, 100));
        Assert.Equal(days.Take(8), store.ReadUsage(null, 0, Today, 100));
        Assert.Empty(store.ReadUsage("vk_unknown", 0, long.MaxValue, 100));
    }

    [Fact]
    public void The_audit_log_is_read_from_its_newest_entry_on()
    {
        using SqliteStore store = _directory.Open();
        for (int i = 1; i <= 5; i++)
        {
            store.Append(new AuditEntry(0, Now + i, "key.create", $"vk_{i}", "name,rpm_limit", "127.0.0.1"));
        }

        Assert.Equal([5L, 4, 3], store.ReadAudit(long.MaxValue, 3).Select(entry => entry.Id));
        Assert.Equal([new AuditEntry(2, Now + 2, "key.create", "vk_2", "name,rpm_limit", "127.0.0.1"), new AuditEntry(1, Now + 1, "key.create", "vk_1", "name,rpm_limit", "127.0.0.1")], store.ReadAudit(3, 10));
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
        System.IO.File.SetUnixFileMode(_directory.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        for (int i = 0; i < 2; i++)
        {
            using SqliteStore store = _directory.Open();
            store.Append(new AuditEntry(0, Now, "a", "b", "", ""));
            string[] files = System.IO.Directory.GetFiles(_directory.Folder);
            Assert.Equal(["governance.db", "governance.db-shm", "governance.db-wal", "governance.db.lock"], files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
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

    [Fact]
    public void A_closed_store_refuses_instead_of_failing_in_odd_ways()
    {
        SqliteStore store = _directory.Open();
        store.Dispose();
        store.Dispose();
        Assert.Throws<StoreException>(() => store.Load(Now));
        Assert.Throws<StoreException>(() => store.Add([], []));
    }

    [Fact]
    public void Calls_from_many_threads_do_not_disturb_each_other()
    {
        using SqliteStore store = _directory.Open();
        VirtualKey[] keys = [.. Enumerable.Range(0, 8).Select(i => Key($"k{i}"))];
        Assert.All(keys, key => Assert.True(store.Insert(key)));
        Parallel.For(0, 8, i =>
        {
            for (int n = 0; n < 50; n++)
            {
                store.Add([new(keys[i].Id, 0, 1, 1, 1), new(keys[(i + 1) % 8].Id, 0, 1, 1, 1)], [Day(keys[i].Id, Today, 1)]);
                store.Append(new AuditEntry(0, Now, "a", keys[i].Id, "", ""));
                Assert.True(store.Update(keys[i] with { Name = $"n{n}" }));
                Assert.Equal(8, store.Load(Now).Keys.Count);
            }
        });

        Assert.All(store.Load(Now).Windows, window => Assert.Equal(new WindowUsage(window.KeyId, 0, 100, 100, 100), window));
        Assert.Equal(400, store.ReadAudit(long.MaxValue, 1000).Count);
    }

    private static DailyUsage Day(string key, long day, long spend) => new(key, "m", day, 1, 0, 0, spend, 1, 0, 0, 0, 1, 0, 0, 0, 0);

    private static VirtualKey RandomKey(Random random, int number)
    {
        VirtualKey key = Key($"{number}-{random.NextInt64()}", (BudgetPeriod)random.Next(3), Now + number);
        string[] words = ["", "a", "a,b", "naïve", "\"quoted\"", "日本語", "line\nbreak", "🚌", "nul\0inside", "{}", "[]"];
        string Word() => words[random.Next(words.Length)];
        return key with
        {
            Name = Word(),
            FormerDigest = random.Next(2) == 0 ? null : KeyDigest.Of($"former {random.NextInt64()}"),
            FormerUntil = random.NextInt64(long.MaxValue),
            AllowedPools = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Word())],
            MaxBudgetCents = random.Next(2) == 0 ? null : random.NextInt64(long.MaxValue),
            RpmLimit = random.Next(2) == 0 ? null : (uint)random.NextInt64(1, uint.MaxValue + 1L),
            TpmLimit = random.Next(2) == 0 ? null : uint.MaxValue,
            MaxConcurrent = random.Next(2) == 0 ? null : 1,
            Enforcement = (Enforcement)random.Next(2),
            PricePerRequestCents = random.Next(2) == 0 ? null : random.Next(100),
            PricePer1KTokensCents = random.Next(2) == 0 ? null : random.Next(100),
            Enabled = random.Next(2) == 0,
            ExpiresAt = random.Next(2) == 0 ? null : random.NextInt64(long.MaxValue),
            Limits = random.Next(2) == 0 ? [] : [new Limit { Kind = LimitKind.Tokens, Period = LimitPeriod.Day, Max = random.Next(), Scope = "日本\"", TimeZone = "Europe/Berlin" }],
            Labels = Enumerable.Range(0, random.Next(3)).ToDictionary(i => Word() + i, _ => Word()),
            AccessKey = random.Next(2) == 0 ? null : new AccessKeyPair($"AK{random.NextInt64()}", [0, 1, (byte)random.Next(256)]),
        };
    }

    private static string Text(VirtualKey key) => string.Join('|', (object?[])
    [
        key.Id, key.Digest.ToHex(), key.FormerDigest?.ToHex(), key.FormerUntil, key.Name, key.AllowedPools.Count, string.Join('/', key.AllowedPools), key.MaxBudgetCents, key.Period,
        key.RpmLimit, key.TpmLimit, key.MaxConcurrent, key.Enforcement, key.PricePerRequestCents, key.PricePer1KTokensCents, key.Enabled, key.CreatedAt, key.ExpiresAt, string.Join('/', key.Limits),
        string.Join('/', key.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)), key.AccessKey?.Id, key.AccessKey is { } pair ? Convert.ToHexString(pair.SealedSecret) : null,
    ]);
}

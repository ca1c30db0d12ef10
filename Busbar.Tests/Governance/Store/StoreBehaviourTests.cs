using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Extensions.Time.Testing;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance.Store;

/// <summary>What every store does alike.</summary>
public sealed class StoreBehaviourTests
{
    private const long Today = Now - (Now % 86_400);
    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void Every_field_of_a_key_survives_a_restart(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        var random = new Random(7);
        VirtualKey[] keys = [.. Enumerable.Range(0, 200).Select(i => RandomKey(random, i))];
        using (IGovernanceStore store = place.Open())
        {
            Assert.All(keys, key => Assert.True(store.Insert(key)));
        }

        using IGovernanceStore again = place.Open();
        Assert.Equal(keys.Select(Text), again.Load(Now).Keys.Select(Text));
        VirtualKey[] changed = [.. keys.Select((key, i) => RandomKey(random, i) with { Id = key.Id, CreatedAt = key.CreatedAt })];
        Assert.All(changed, key => Assert.True(again.Update(key)));
        Assert.Equal(changed.Select(Text), again.Load(Now).Keys.Select(Text));
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Trait("gotcha", "C221")]
    public void C221_pool_names_with_commas_quotes_and_brackets_come_back_as_they_were(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        string[] names = ["a,b", "", " ", "[x]", "\"", "\\", "ü,\0,🚌", new string('n', 5000)];
        using (IGovernanceStore store = place.Open())
        {
            Assert.True(store.Insert(Key("k") with { AllowedPools = names }));
        }

        using IGovernanceStore again = place.Open();
        Assert.Equal(names, Assert.Single(again.Load(Now).Keys).AllowedPools);
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void Keys_come_by_creation_whatever_the_order_of_insertion(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
        foreach (long at in (long[])[30, 10, 20, 10])
        {
            Assert.True(store.Insert(Key($"k{at}{store.Load(Now).Keys.Count}", createdAt: at)));
        }

        Assert.Equal(["k101", "k103", "k202", "k300"], store.Load(Now).Keys.Select(key => key.Name));
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void Keys_with_the_same_lists_labels_and_groups_share_them_in_memory(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
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

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void A_key_is_not_inserted_when_its_id_digest_or_access_key_id_is_taken(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
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

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void An_update_that_takes_another_keys_access_key_id_changes_nothing(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
        Assert.True(store.Insert(Key("a") with { AccessKey = new AccessKeyPair("AK1", [1]) }));
        Assert.True(store.Insert(Key("b")));
        Assert.Throws<StoreException>(() => store.Update(Key("b") with { Name = "other", AccessKey = new AccessKeyPair("AK1", [1]) }));
        Assert.Equal(["a", "b"], store.Load(Now).Keys.Select(key => key.Name));
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Trait("gotcha", "C218")]
    public void C218_of_two_deletions_at_once_exactly_one_finds_the_key(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
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

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Trait("gotcha", "C219")]
    public void C219_an_update_never_brings_a_deleted_key_back(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
        for (int i = 0; i < 50; i++)
        {
            VirtualKey key = Key($"k{i}");
            Assert.True(store.Insert(key));
            Parallel.Invoke(() => store.Update(key with { Name = "changed" }), () => Assert.True(store.Delete(key.Id)));
            Assert.False(store.Update(key));
        }

        Assert.Empty(store.Load(Now).Keys);
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Trait("gotcha", "C220")]
    public void C220_a_key_made_again_inherits_no_usage_and_late_increments_of_a_deleted_key_are_passed_over(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
        VirtualKey key = Key("k");
        Assert.True(store.Insert(key));
        store.Add([new(key.Id, 0, 5, 6, 7)], [Day(key.Id, Today, 5)]);
        Assert.True(store.Delete(key.Id));
        Assert.Equal(0L, place.Rows("usage_counters") + place.Rows("usage_daily"));

        store.Add([new(key.Id, 0, 1, 1, 1)], [Day(key.Id, Today, 1)]);
        Assert.True(store.Insert(key));
        Assert.Empty(Describe(store));
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Trait("gotcha", "C240")]
    public void C240_keys_and_spending_survive_a_restart_and_only_the_current_windows_are_loaded(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        VirtualKey total = Key("total"), daily = Key("daily", BudgetPeriod.Daily), monthly = Key("monthly", BudgetPeriod.Monthly);
        long month = BudgetWindow.StartOf(BudgetPeriod.Monthly, Now);
        using (IGovernanceStore store = place.Open(new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(Now))))
        {
            Assert.All([total, daily, monthly], key => Assert.True(store.Insert(key)));
            store.Add([new(total.Id, 0, 1, 2, 3), new(daily.Id, Today, 4, 5, 6), new(daily.Id, Today - 86_400, 7, 7, 7),
                new(monthly.Id, month, 8, 9, 10), new(monthly.Id, month - 100, 7, 7, 7)], []);
            store.Add([new(total.Id, 0, 10, 20, 30)], []);
        }

        using IGovernanceStore again = place.Open();
        Assert.Equal(
            [new WindowUsage(total.Id, 0, 11, 22, 33), new WindowUsage(monthly.Id, month, 8, 9, 10), new WindowUsage(daily.Id, Today, 4, 5, 6)],
            again.Load(Now).Windows.OrderBy(window => window.WindowStart));
        Assert.Empty(again.Load(Now).UnreadableWindows);
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void Sums_end_at_the_largest_number_and_stay_numbers(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        VirtualKey key = Key("k");
        using IGovernanceStore store = place.Open();
        Assert.True(store.Insert(key));
        for (int i = 0; i < 3; i++)
        {
            store.Add([new(key.Id, 0, long.MaxValue - 1, long.MaxValue, 1)], [Day(key.Id, Today, long.MaxValue)]);
        }

        Assert.Equal([new WindowUsage(key.Id, 0, long.MaxValue, long.MaxValue, 3)], store.Load(Now).Windows);
        Assert.Equal(long.MaxValue, store.ReadUsage(key.Id, 0, long.MaxValue, 10)[0].SpendNanos);
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void Usage_is_read_by_day_key_and_model_within_bounds(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
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

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void The_audit_log_is_read_from_its_newest_entry_on(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
        for (int i = 1; i <= 5; i++)
        {
            store.Append(new AuditEntry(0, Now + i, "key.create", $"vk_{i}", "name,rpm_limit", "127.0.0.1"));
        }

        Assert.Equal([5L, 4, 3], store.ReadAudit(long.MaxValue, 3).Select(entry => entry.Id));
        Assert.Equal([new AuditEntry(2, Now + 2, "key.create", "vk_2", "name,rpm_limit", "127.0.0.1"),
            new AuditEntry(1, Now + 1, "key.create", "vk_1", "name,rpm_limit", "127.0.0.1")], store.ReadAudit(3, 10));
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void A_closed_store_refuses_instead_of_failing_in_odd_ways(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        IGovernanceStore store = place.Open();
        store.Dispose();
        store.Dispose();
        Assert.Throws<StoreException>(() => store.Load(Now));
        Assert.Throws<StoreException>(() => store.Add([], []));
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void Calls_from_many_threads_do_not_disturb_each_other(string kind)
    {
        using IStorePlace place = IStorePlace.Of(kind);
        using IGovernanceStore store = place.Open();
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

    private static VirtualKey RandomKey(Random random, int number)
    {
        VirtualKey key = Key($"{number}-{random.NextInt64()}", (BudgetPeriod)random.Next(3), Now + number);
        string[] words = ["", "a", "a,b", "naïve", "\"quoted\"", "日本語", "line\nbreak", "🚌", "nul\0inside", "{}", "[]"];
        string Word() => words[random.Next(words.Length)];
        return key with
        {
            Name = Word().Replace("\0", "", StringComparison.Ordinal),
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
            Limits = random.Next(2) == 0 ? [] : [new Limit { Kind = LimitKind.Tokens, Period = LimitPeriod.Day, Max = random.Next(), Scope = "日本\"",
                TimeZone = "Europe/Berlin" }],
            Labels = Enumerable.Range(0, random.Next(3)).ToDictionary(i => Word() + i, _ => Word()),
            AccessKey = random.Next(2) == 0 ? null : new AccessKeyPair($"AK{random.NextInt64()}", [0, 1, (byte)random.Next(256)]),
        };
    }

    private static string Text(VirtualKey key) => string.Join('|', (object?[])
    [
        key.Id, key.Digest.ToHex(), key.FormerDigest?.ToHex(), key.FormerUntil, key.Name, key.AllowedPools.Count, string.Join('/', key.AllowedPools),
        key.MaxBudgetCents, key.Period,
        key.RpmLimit, key.TpmLimit, key.MaxConcurrent, key.Enforcement, key.PricePerRequestCents, key.PricePer1KTokensCents, key.Enabled,
        key.CreatedAt, key.ExpiresAt, string.Join('/', key.Limits),
        string.Join('/', key.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)), key.AccessKey?.Id, key.AccessKey is { } pair
            ? Convert.ToHexString(pair.SealedSecret) : null,
    ]);

    private static DailyUsage Day(string key, long day, long spend) => new(key, "m", day, 1, 0, 0, spend, 1, 0, 0, 0, 1, 0, 0, 0, 0);
}

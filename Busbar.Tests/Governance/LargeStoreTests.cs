using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance;

/// <summary>Of a large file the keys are read while it is still being checked, by the time of its opening.</summary>
public sealed class LargeStoreTests : IDisposable
{
    private const int Keys = 6000;
    private const long Now = StoreDirectory.Now;
    private const long Day = Now - (Now % 86_400);

    private readonly StoreDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(Now));
    private readonly List<VirtualKey> _keys = [];

    public LargeStoreTests()
    {
        using SqliteStore store = _directory.Open(_time);
        store.Load(Now);
        using SqliteConnection connection = _directory.Connect();
        using SqliteTransaction all = connection.BeginTransaction();
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO virtual_keys (id, key_hash, name, budget_period, created_at) VALUES ($id, $hash, $name, $period, $at)";
        foreach (string name in (string[])["$id", "$hash", "$name", "$period", "$at"])
        {
            insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        for (int number = 0; number < Keys; number++)
        {
            VirtualKey key = TestKeys.Make(number);

            // Ids of another making, two of them alike in their last sixteen characters; and one created before its predecessor.
            string id = number switch { 7 => "team-0123456789abcdef", 8 => "crew-0123456789abcdef", 9 => "x", _ => key.Id };
            key = key with { Id = id, CreatedAt = number == 11 ? 9 : number, Period = (BudgetPeriod)(number % 3) };
            object[] values = [key.Id, key.Digest.ToHex(), key.Name, key.Period.ToString().ToLowerInvariant(), key.CreatedAt];
            for (int i = 0; i < values.Length; i++)
            {
                insert.Parameters[i].Value = values[i];
            }

            insert.ExecuteNonQuery();
            _keys.Add(key);
        }

        all.Commit();
        store.Add([.. _keys.Where((_, number) => number % 5 != 0)
            .Select(key => new WindowUsage(key.Id, BudgetWindow.StartOf(key.Period, Now), key.CreatedAt, 2, 3))], []);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_key_has_the_window_it_had()
    {
        using SqliteStore store = _directory.Open(_time);

        StoredGovernance stored = store.Load(Now);

        Assert.True(new FileInfo(_directory.File).Length > 1 << 20);
        Assert.Equal(_keys.OrderBy(key => key.CreatedAt).Select(key => key.Id), stored.Keys.Select(key => key.Id));
        Assert.Equal(Expected(), stored.Windows);
        Assert.Equal(Expected(), store.Load(Now).Windows);
        Assert.Empty(stored.UnreadableWindows);
    }

    [Fact]
    public void What_was_read_at_the_opening_is_not_served_after_midnight_or_after_a_change()
    {
        using (SqliteStore next = _directory.Open(_time))
        {
            Assert.Equal(Expected().Where(window => window.WindowStart != Day), next.Load(Now + 86_400).Windows);
        }

        using SqliteStore store = _directory.Open(_time);
        Assert.True(store.Delete(_keys[^1].Id));
        VirtualKey key = TestKeys.Make(Keys);
        Assert.True(store.Insert(key));

        Assert.Equal([_keys[^2].Id, key.Id], store.Load(Now).Keys.TakeLast(2).Select(each => each.Id));
    }

    [Fact]
    public void A_window_that_makes_no_sense_is_told_of_and_a_key_that_makes_none_is_refused_by_name()
    {
        _directory.Run($"UPDATE usage_counters SET tokens = 'many' WHERE key_id IN ('{_keys[1].Id}', '{_keys[8].Id}')");
        using (SqliteStore store = _directory.Open(_time))
        {
            StoredGovernance stored = store.Load(Now);
            Assert.Equal([_keys[1].Id, _keys[8].Id], stored.UnreadableWindows);
            Assert.Equal(Expected().Where(window => window.KeyId != _keys[1].Id && window.KeyId != _keys[8].Id), stored.Windows);
        }

        _directory.Run($"UPDATE virtual_keys SET enforcement = 'lax' WHERE id = '{_keys[2].Id}'");
        Assert.Contains($"'{_keys[2].Id}'", _directory.LoadRefusal());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(-2)]
    public void A_damaged_page_anywhere_is_found_at_the_opening_and_leaves_nothing_held(int page)
    {
        using (FileStream file = File.Open(_directory.File, FileMode.Open))
        {
            file.Position = page > 0 ? page * 4096 : file.Length + (page * 4096);
            file.Write([.. Enumerable.Repeat((byte)0xA5, 4096)]);
        }

        Assert.Contains("is damaged", _directory.Refusal());
        Assert.Contains("is damaged", _directory.Refusal());
    }

    private IEnumerable<WindowUsage> Expected() =>
        _keys.Where((_, number) => number % 5 != 0).OrderBy(key => key.CreatedAt)
            .Select(key => new WindowUsage(key.Id, BudgetWindow.StartOf(key.Period, Now), key.CreatedAt, 2, 3));
}

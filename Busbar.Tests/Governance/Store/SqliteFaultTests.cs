using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static Busbar.Tests.Governance.StoreDirectory;

namespace Busbar.Tests.Governance.Store;

/// <summary>Broken disks and files: the start is refused with reason and remedy, and at run time nothing is lost or counted twice.</summary>
public sealed class SqliteFaultTests : IDisposable
{
    private const long Today = Now - (Now % 86_400);

    private readonly StoreDirectory _directory = new();
    private readonly VirtualKey[] _keys = [.. Enumerable.Range(0, 300).Select(i => Key($"key number {i}"))];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_missing_directory_and_a_directory_in_the_files_place_are_refused()
    {
        string path = Path.Combine(_directory.Folder, "missing", "a.db");
        Assert.Contains("no directory", Assert.Throws<StoreException>(() => SqliteStore.Open(path, TimeProvider.System)).Message);
        Assert.Contains("no directory", SqliteStore.Refusal(path));

        System.IO.Directory.CreateDirectory(_directory.File);
        Assert.Contains("is a directory", _directory.Refusal());
        Assert.Contains("is a directory", SqliteStore.Refusal(_directory.File));
        Assert.Empty(System.IO.Directory.GetFiles(_directory.Folder));
    }

    [Fact]
    public void A_file_of_random_bytes_is_refused_and_kept()
    {
        byte[] noise = new byte[20_000];
        new Random(3).NextBytes(noise);
        foreach (int size in (int[])[1, 15, 16, 100, 512, 4096, 20_000])
        {
            System.IO.File.WriteAllBytes(_directory.File, noise[..size]);
            Assert.Contains("restore it from a backup", _directory.Refusal());
            Assert.Contains("restore it from a backup", SqliteStore.Refusal(_directory.File));
            Assert.Equal(noise[..size], System.IO.File.ReadAllBytes(_directory.File));
        }
    }

    [Fact]
    public void A_truncated_file_is_refused()
    {
        byte[] whole = Whole(out _);
        var random = new Random(4);
        foreach (int size in (int[])[16, 99, 100, 4095, 4096, 8192, whole.Length - 1,
            .. Enumerable.Range(0, 20).Select(_ => random.Next(1, whole.Length))])
        {
            System.IO.File.WriteAllBytes(_directory.File, whole[..size]);
            Assert.Contains("restore it from a backup", _directory.LoadRefusal());
        }
    }

    [Fact]
    [Trait("gotcha", "C245")]
    public void C245_a_file_with_a_ruined_page_is_refused_or_loads_every_key_and_window()
    {
        byte[] whole = Whole(out StoredGovernance good);
        var random = new Random(5);
        int refused = 0;
        for (int page = 0; page < whole.Length / 4096; page++)
        {
            byte[] ruined = [.. whole];
            random.NextBytes(ruined.AsSpan(page * 4096, 4096));
            System.IO.File.WriteAllBytes(_directory.File, ruined);
            try
            {
                using SqliteStore store = _directory.Open();
                StoredGovernance loaded = store.Load(Now);
                Assert.Equal(good.Keys.Select(key => (key.Id, key.Digest)), loaded.Keys.Select(key => (key.Id, key.Digest)));
                Assert.Equal(good.Windows, loaded.Windows);
            }
            catch (StoreException)
            {
                refused++;
            }
        }

        Assert.True(refused >= whole.Length / 4096 / 4, $"{refused} of {whole.Length / 4096}");
    }

    [Fact]
    public void Changed_bytes_anywhere_never_cause_anything_but_a_refusal()
    {
        byte[] whole = Whole(out _);
        var random = new Random(6);
        int opened = 0;
        for (int round = 0; round < 100; round++)
        {
            byte[] changed = [.. whole];
            for (int i = random.Next(1, 50); i > 0; i--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            System.IO.File.WriteAllBytes(_directory.File, changed);
            try
            {
                using SqliteStore store = _directory.Open();
                store.Load(Now);
                store.Add([new(_keys[0].Id, 0, 1, 1, 1)], [Day(_keys[0].Id)]);
                store.ReadUsage(null, 0, long.MaxValue, 1000);
                opened++;
            }
            catch (StoreException)
            {
            }
        }

        Assert.InRange(opened, 0, 99);
    }

    [Fact]
    [Trait("gotcha", "C239")]
    public async Task C239_while_another_program_holds_the_lock_sums_wait_in_the_ledger_and_are_then_added_once()
    {
        using SqliteStore store = _directory.Open();
        Assert.True(store.Insert(_keys[0]));
        await using var ledger = new Ledger(store, new FakeTimeProvider(), NullLogger.Instance);
        using (SqliteConnection other = _directory.Connect())
        {
            StoreDirectory.Run(other, "BEGIN IMMEDIATE");
            for (int i = 0; i < 3; i++)
            {
                ledger.Post(Settlement(_keys[0].Id));
                Assert.False(await ledger.FlushAsync());
            }

            StoreException failure = Assert.Throws<StoreException>(() => store.Add([new(_keys[0].Id, 0, 1, 1, 1)], []));
            Assert.Contains("locked by another program", failure.Message);
            Assert.Empty(Describe(store));
        }

        Assert.True(await ledger.FlushAsync());
        Assert.True(await ledger.FlushAsync());
        Assert.Equal(new WindowUsage(_keys[0].Id, 0, 30, 6, 3), Assert.Single(store.Load(Now).Windows));
        Assert.Equal(3, ledger.FlushErrors);
    }

    [Fact]
    public void A_file_locked_by_another_program_for_good_stops_the_start_only_when_it_must_be_written()
    {
        using (SqliteStore store = _directory.Open())
        {
            Assert.True(store.Insert(_keys[0]));
        }

        using (SqliteConnection other = _directory.Connect())
        {
            StoreDirectory.Run(other, "BEGIN IMMEDIATE");
            using SqliteStore store = _directory.Open();
            Assert.Single(store.Load(Now).Keys);
        }

        System.IO.File.Delete(_directory.File);
        using (SqliteConnection other = _directory.Connect())
        {
            StoreDirectory.Run(other, "BEGIN EXCLUSIVE");
            Assert.Contains("locked by another program", _directory.Refusal());
        }
    }

    [SkippableFact]
    public async Task On_a_full_disk_nothing_is_added_in_part_and_the_ledger_catches_up()
    {
        using TinyDisk? disk = TinyDisk.TryMount(_directory.Folder);
        Skip.If(disk is null, "needs the right to mount a file system");
        using SqliteStore store = _directory.Open();
        Assert.All(_keys.Take(50), key => Assert.True(store.Insert(key)));
        await using var ledger = new Ledger(store, new FakeTimeProvider(), NullLogger.Instance);
        ledger.Post(Settlement(_keys[0].Id));
        Assert.True(await ledger.FlushAsync());
        string before = Describe(store);

        disk.Fill();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 2000; i++)
            {
                ledger.Post(Settlement(_keys[i % 50].Id) with { Model = $"a model with a name of some length, number {i}" });
            }

            Assert.False(await ledger.FlushAsync());
            Assert.Equal(before, Describe(store));
        }

        Assert.Contains("full", Assert.Throws<StoreException>(
            () => store.Add([], [.. Enumerable.Range(0, 2000).Select(i => Day(_keys[0].Id) with { Model = $"model {i}" })])).Message);
        disk.Clear();
        Assert.True(await ledger.FlushAsync());
        Assert.Equal(6001, store.Load(Now).Windows.Sum(window => window.Requests));
        Assert.Equal(6001, store.ReadUsage(null, 0, long.MaxValue, int.MaxValue).Sum(day => day.Requests));
        Assert.Equal("ok", _directory.Scalar("PRAGMA integrity_check"));
    }

    [SkippableFact]
    public void On_a_full_disk_a_new_database_is_refused()
    {
        using TinyDisk? disk = TinyDisk.TryMount(_directory.Folder);
        Skip.If(disk is null, "needs the right to mount a file system");
        disk.Fill();
        Assert.Contains("full", _directory.Refusal());
        disk.Clear();
        _directory.Open().Dispose();
    }

    [SkippableFact]
    public void A_read_only_file_system_is_refused_at_start_and_by_validation()
    {
        using TinyDisk? disk = TinyDisk.TryMount(_directory.Folder);
        Skip.If(disk is null, "needs the right to mount a file system");
        _directory.Open().Dispose();
        disk.MakeReadOnly();
        Assert.Contains("governance.db_path", _directory.Refusal());
        Assert.NotNull(SqliteStore.Refusal(_directory.File));
    }

    [SkippableFact]
    public void A_file_or_directory_without_permission_to_write_is_refused()
    {
        Skip.If(Environment.IsPrivilegedProcess, "the superuser may write everywhere");
        _directory.Open().Dispose();
        System.IO.File.SetUnixFileMode(_directory.File, UnixFileMode.UserRead);
        Assert.Contains("permission is denied", _directory.Refusal());
        System.IO.File.SetUnixFileMode(_directory.File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        System.IO.File.SetUnixFileMode(_directory.Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string refusal = _directory.Refusal();
        System.IO.File.SetUnixFileMode(_directory.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Contains("permission is denied", refusal);
    }

    // A database with 300 keys, a window for each and some history.
    private byte[] Whole(out StoredGovernance content)
    {
        using (SqliteStore store = _directory.Open())
        {
            Assert.All(_keys, key => Assert.True(store.Insert(key)));
            store.Add([.. _keys.Select(key => new WindowUsage(key.Id, 0, 1, 2, 3))], [.. _keys.Select(key => Day(key.Id))]);
            content = store.Load(Now);
        }

        return System.IO.File.ReadAllBytes(_directory.File);
    }

    private static DailyUsage Day(string key) => new(key, "m", Today, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0);

    private static ChargedAmount Settlement(string key) => new()
    {
        KeyId = key,
        WindowStart = 0,
        Day = Today,
        Model = "m",
        SpendNanos = 10,
        Usage = new Ir.Usage { Input = 1, Output = 1 },
        IsSuccess = true,
    };
}

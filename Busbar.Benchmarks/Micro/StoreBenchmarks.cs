using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Benchmarks.Micro;

/// <summary>What a start with 100,000 keys takes, and a flush that touches 10,000 of them.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, invocationCount: 1, iterationCount: 10, warmupCount: 2)]
public class StoreBenchmarks
{
    private const int Keys = 100_000;
    private const int Touched = 10_000;
    private const long Now = 1_773_576_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-bench-").FullName;
    private WindowUsage[] _windows = [];
    private DailyUsage[] _days = [];
    private SqliteStore _store = null!;
    private long _day = Now - (Now % 86_400);

    /// <summary>Makes the keys, each with a limit, a label, two pools and a window in use.</summary>
    [GlobalSetup]
    public void Make()
    {
        string[] ids = new string[Keys];
        using (SqliteStore store = Open())
        {
            for (int i = 0; i < Keys; i++)
            {
                KeyDigest digest = KeyDigest.Of($"sk-bb-{i}");
                ids[i] = digest.ToKeyId();
                store.Insert(new VirtualKey
                {
                    Id = ids[i],
                    Digest = digest,
                    Name = $"key {i}",
                    CreatedAt = Now,
                    AllowedPools = ["chat", "embed"],
                    MaxBudgetCents = 1000,
                    Period = (BudgetPeriod)(i % 3),
                    Labels = new Dictionary<string, string> { ["team"] = (i % 10).ToString() },
                });
            }

            store.Add([.. ids.Select((id, i) => new WindowUsage(id, BudgetWindow.StartOf((BudgetPeriod)(i % 3), Now), 1, 1, 1))], []);
        }

        new Random(1).Shuffle(ids);
        _windows = [.. ids.Take(Touched).Select(id => new WindowUsage(id, 0, 1, 1, 1))];
        _days = [.. ids.Take(Touched).Select(id => new DailyUsage(id, "claude-sonnet", _day, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))];
        _store = Open();
    }

    /// <summary>Removes them.</summary>
    [GlobalCleanup]
    public void Remove()
    {
        _store.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Opening and loading, checks included.</summary>
    [Benchmark]
    public int Start()
    {
        _store.Dispose();
        _store = Open();
        return _store.Load(Now).Keys.Count;
    }

    /// <summary>10,000 windows and 10,000 days that are there already.</summary>
    [Benchmark]
    public void Flush() => _store.Add(_windows, _days);

    /// <summary>10,000 days that begin with this flush, as after midnight.</summary>
    [Benchmark]
    public void FlushOfNewDay()
    {
        _day += 86_400;
        _store.Add(_windows, [.. _days.Select(day => day with { Day = _day })]);
    }

    private SqliteStore Open() => SqliteStore.Open(Path.Combine(_directory, "governance.db"), new Clock());

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }
}

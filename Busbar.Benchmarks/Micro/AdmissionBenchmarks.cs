using BenchmarkDotNet.Attributes;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Ir;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Benchmarks.Micro;

/// <summary>
/// What it takes to reserve for a request and to settle it: a key with all limits of its own, and the same key below four groups with all limits
/// each.
/// </summary>
[MemoryDiagnoser]
public class AdmissionBenchmarks
{
    private static readonly string[] s_models = ["m"];

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-bench-").FullName;
    private readonly Reservation _reservation = new();
    private Governor _governor = null!;
    private PriceList _prices = null!;
    private KeyEntry _plain = null!;
    private KeyEntry _deep = null!;

    /// <summary>Makes keys and groups.</summary>
    [GlobalSetup]
    public void Start()
    {
        SqliteStore store = SqliteStore.Open(Path.Combine(_directory, "governance.db"), TimeProvider.System);
        string? above = null;
        for (int level = 0; level < 4; level++)
        {
            var group = new Group
            {
                Id = $"grp_{level}",
                Name = $"level {level}",
                ParentId = above,
                Limits =
                [
                    new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Month, Max = 1_000_000_000_000 },
                    new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Minute, Max = long.MaxValue },
                    new Limit { Kind = LimitKind.Tokens, Period = LimitPeriod.Minute, Max = long.MaxValue },
                    new Limit { Kind = LimitKind.Concurrency, Max = long.MaxValue },
                ],
            };
            store.InsertGroup(group);
            above = group.Id;
        }

        store.Insert(Key("plain"));
        store.Insert(Key("deep") with { GroupId = above });
        _governor = Governor.Open(new GovernanceConfig(), store, TimeProvider.System, NullLogger.Instance);
        _plain = _governor.Keys.Find(Key("plain").Id)!;
        _deep = _governor.Keys.Find(Key("deep").Id)!;
        _prices = new PriceList(new GovernanceConfig { PricePer1KTokensCents = 1 }, new Dictionary<string, ModelConfig>());
    }

    /// <summary>Stops everything.</summary>
    [GlobalCleanup]
    public void Stop()
    {
        _governor.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The key alone.</summary>
    [Benchmark(Baseline = true)]
    public void Plain() => Serve(_plain);

    /// <summary>The key below four groups.</summary>
    [Benchmark]
    public void FourGroups() => Serve(_deep);

    private static VirtualKey Key(string secret)
    {
        var digest = KeyDigest.Of(secret);
        return new VirtualKey
        {
            Id = digest.ToKeyId(), Digest = digest, Name = secret, MaxBudgetCents = 1_000_000_000, RpmLimit = uint.MaxValue, TpmLimit = uint.MaxValue,
            MaxConcurrent = 100,
        };
    }

    private void Serve(KeyEntry entry)
    {
        _governor.TryReserve(entry, _prices, s_models, new Estimate(250, 100, false), _reservation, "p");
        _reservation.Settle("m", hasFee: true, new Usage { Input = 200, Output = 50, IsReported = true }, isEstimated: false);
    }
}

using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Reliability;

/// <summary>Builds small fleets on a fake clock and records what they tell.</summary>
internal sealed class FleetScene : IReliabilityEvents
{
    private readonly Dictionary<string, ProviderConfig> _providers = [];
    private readonly Dictionary<string, ModelConfig> _models = [];
    private readonly Dictionary<string, PoolConfig> _pools = [];
    private Fleet? _fleet;

    public InterruptedTime Time { get; } = new();

    public double Random { get; set; } = 0.5;

    /// <summary>What chance says first, before <see cref="Random"/>.</summary>
    public Queue<double> Draws { get; } = new();

    public LimitsConfig Limits { get; set; } = new();

    public List<string> Trips { get; } = [];

    public List<string> Changes { get; } = [];

    public Fleet Fleet => _fleet ??= Fleet.Create(Config, Time, () => Draws.TryDequeue(out double drawn) ? drawn : Random, this);

    public GatewayConfig Config => new()
    {
        Providers = new Dictionary<string, ProviderConfig>(_providers),
        Models = new Dictionary<string, ModelConfig>(_models),
        Pools = new Dictionary<string, PoolConfig>(_pools),
        Limits = Limits,
    };

    /// <summary>A breaker that takes many failures before it trips, so that one failure is a soft cooldown.</summary>
    public static BreakerConfig Lenient => new() { MinRequests = 1000 };

    /// <summary>A breaker that trips at the first failure.</summary>
    public static BreakerConfig Strict => new() { Mode = TripMode.Consecutive, ConsecutiveN = 1 };

    public FleetScene Model(string name, int permits = 100, long budget = -1, params string[] keys)
    {
        keys = keys.Length == 0 ? ["key"] : keys;
        _providers[$"{name}-provider"] = new ProviderConfig
        {
            Name = $"{name}-provider",
            Protocol = ProtocolId.OpenAI,
            BaseUrl = "https://example.test",
            ApiKeyEnv = [.. keys.Select((_, i) => $"KEY_{i}")],
            ApiKeys = [.. keys.Select(key => new Secret(key))],
        };
        _models[name] = new ModelConfig { Name = name, Provider = $"{name}-provider", MaxConcurrent = permits, MaxRequests = budget, UpstreamModel =
            name };
        return this;
    }

    /// <summary>A model with one price for every token.</summary>
    public FleetScene Price(string name, long price)
    {
        Model(name);
        _models[name] = _models[name] with { RateCard = RateCardConfig.Of(Rates.Flat(price)) };
        return this;
    }

    /// <summary>A model with so many calls in a minute.</summary>
    public FleetScene Paced(string name, long rpm, params string[] keys)
    {
        Model(name, 100, -1, keys);
        _models[name] = _models[name] with { Rpm = rpm };
        return this;
    }

    public FleetScene Pool(string name, BreakerConfig breaker, params PoolMemberConfig[] members)
        => Pool(new PoolConfig { Name = name, Members = members, Breaker = breaker });

    public FleetScene Pool(PoolConfig pool)
    {
        foreach (var member in pool.Members)
        {
            if (!_models.ContainsKey(member.Target))
            {
                Model(member.Target);
            }
        }

        _pools[pool.Name] = pool;
        return this;
    }

    public static PoolMemberConfig Member(string target, int weight = 1, long? context = null)
        => new() { Target = target, Weight = weight, ContextMax = context };

    public Fleet Reload() => _fleet = Fleet.Reload(Config);

    public Pool this[string name] => Fleet.Resolve(name) ?? throw new ArgumentException($"nothing called {name}");

    public Lane Lane(string model) => Fleet.Lanes.First(lane => lane.Name == model);

    public PoolSlot Slot(string pool, string model) => this[pool].Members.First(member => member.Lane.Name == model).Slot;

    public void Seconds(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Picks with a fresh request, or fails the test.</summary>
    public LaneLease Pick(string pool)
    {
        var result = this[pool].TryPick(new PickRequest(), out var lease);
        Assert.Equal(PickResult.Picked, result);
        return lease!;
    }

    /// <summary>Picks from a pool whose members were all tried but the one named.</summary>
    public LaneLease PickOnly(string pool, string model)
    {
        var request = new PickRequest();
        foreach (var member in this[pool].Members.Where(member => member.Lane.Name != model))
        {
            request.Tried.Add(member.Lane.Index);
        }

        Assert.Equal(PickResult.Picked, this[pool].TryPick(request, out var lease));
        Assert.Equal(model, lease!.Lane.Name);
        return lease;
    }

    /// <summary>One failed call to the model named.</summary>
    public void Fail(string pool, string model, double? retryAfterSeconds = null)
    {
        using var lease = PickOnly(pool, model);
        lease.Failed(FaultClass.ServerError, retryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
    }

    /// <summary>Names of the lanes of so many picks of the pool <c>p</c>, one after the other.</summary>
    public static List<string> Picks(FleetScene scene, int count)
    {
        var names = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var lease = scene.Pick("p");
            names.Add(lease.Lane.Name);
        }

        return names;
    }

    /// <summary>Name of the lane that pool <c>p</c> picks for a session.</summary>
    public static string Sticky(FleetScene scene, ulong session)
    {
        Assert.Equal(PickResult.Picked, scene["p"].TryPick(new PickRequest { AffinityKey = session }, out var lease));
        lease!.Dispose();
        return lease.Lane.Name;
    }

    /// <summary>A pool <c>p</c> that chooses in this way.</summary>
    public static PoolConfig Strategic(PoolStrategy strategy, params PoolMemberConfig[] members)
        => new() { Name = "p", Members = members, Strategy = strategy, Breaker = Lenient };

    void IReliabilityEvents.Tripped(string pool, Lane lane) => Trips.Add($"{pool}/{lane.Name}");

    void IReliabilityEvents.StateChanged(string pool, Lane lane, BreakerState from, BreakerState to)
        => Changes.Add($"{pool}/{lane.Name} {from}-{to}");
}

using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Providers;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Capacity;
using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>Builds a <see cref="Fleet"/> from a configuration and what is remembered of the one before.</summary>
internal sealed class FleetBuilder
{
    private readonly GatewayConfig _config;
    private readonly ReliabilityContext _context;
    private readonly FleetMemory _before;
    private readonly FleetMemory _now = new();
    private readonly List<Lane> _lanes = [];
    private readonly Dictionary<string, List<Lane>> _lanesOfModel = new(StringComparer.Ordinal);
    private readonly Dictionary<LaneState, List<PoolSlot>> _slots = [];
    private LaneSet _usedIndices;
    private int _nextIndex;

    private FleetBuilder(GatewayConfig config, ReliabilityContext context, FleetMemory before)
    {
        _config = config;
        _context = context;
        _before = before;
    }

    /// <summary>Builds the fleet and puts its limits and thresholds in force.</summary>
    public static Fleet Build(GatewayConfig config, ReliabilityContext context, FleetMemory before) => new FleetBuilder(config, context, before)
        .Build();

    private Fleet Build()
    {
        foreach (var model in _config.Models.Values)
        {
            FindCapacity(model);
            AddLanes(model, _config.Providers[model.Provider]);
        }

        var direct = new List<Pool>();
        foreach (var model in _config.Models.Values)
        {
            var config = new PoolConfig { Name = model.Name, Members = [new PoolMemberConfig { Target = model.Name }] };
            direct.Add(BuildPool(config, isDirect: true));
        }

        var pools = new List<Pool>();
        foreach (var config in _config.Pools.Values)
        {
            pools.Add(BuildPool(config, isDirect: false));
        }

        foreach (var (state, slots) in _slots)
        {
            state.Slots = [.. slots];
        }

        return new Fleet(_context, [.. _lanes], [.. pools], [.. direct], _now);
    }

    private void FindCapacity(ModelConfig model)
    {
        if (_before.Capacities.TryGetValue(model.Name, out var capacity))
        {
            capacity.Configure(model);
        }
        else
        {
            capacity = new ModelCapacity(model, _context.Clock);
        }

        _now.Capacities.Add(model.Name, capacity);
    }

    private void AddLanes(ModelConfig model, ProviderConfig provider)
    {
        var lanes = new List<Lane>();
        foreach (var key in KeysOf(provider))
        {
            var identity = LaneIdentity.Of(model, provider, key);
            if (_now.Lanes.ContainsKey(identity))
            {
                continue;
            }

            var state = _before.Lanes.GetValueOrDefault(identity) ?? new LaneState(FreeIndex());
            _now.Lanes.Add(identity, state);
            _slots.Add(state, []);
            lanes.Add(new Lane(model, provider, key, state, _now.Capacities[model.Name]));
        }

        _lanesOfModel.Add(model.Name, lanes);
        _lanes.AddRange(lanes);
    }

    /// <summary>
    /// The keys that make lanes: those that are set, or the first if none is. Callers that bring their own credential need but one.
    /// </summary>
    private List<int> KeysOf(ProviderConfig provider)
    {
        var keys = new List<int>();
        for (var i = 0; i < provider.ApiKeys.Count && (_config.Auth.Mode != AuthMode.Passthrough || keys.Count == 0); i++)
        {
            if (!provider.ApiKeys[i].IsBlank)
            {
                keys.Add(i);
            }
        }

        return keys.Count > 0 ? keys : [0];
    }

    /// <summary>A lane number that neither this configuration nor the one before uses.</summary>
    private int FreeIndex()
    {
        if (_usedIndices.IsEmpty)
        {
            foreach (var state in _before.Lanes.Values)
            {
                _usedIndices.Add(state.Index);
            }
        }

        while (_usedIndices.Contains(_nextIndex))
        {
            _nextIndex++;
        }

        return _nextIndex++;
    }

    private Pool BuildPool(PoolConfig config, bool isDirect)
    {
        var state = (isDirect ? _before.Direct : _before.Pools).GetValueOrDefault(config.Name)
            ?? new PoolState(isDirect ? "" : config.Name, _context.Events);
        (isDirect ? _now.Direct : _now.Pools).Add(config.Name, state);
        var settings = new BreakerSettings(config.Breaker, _config.Limits);
        var active = config.Members.Where(member => member.Weight > 0 && !config.Failover.Exclusions.Contains(member.Target)).ToList();

        // Split among a model's lanes, a weight must stay whole: all are scaled by the least common multiple of the lane counts.
        var scale = active.Aggregate(1L, (multiple, member) => LeastCommonMultiple(multiple, _lanesOfModel[member.Target].Count));
        var members = new List<PoolMember>();
        foreach (var member in active)
        {
            var lanes = _lanesOfModel[member.Target];
            foreach (var lane in lanes)
            {
                members.Add(new PoolMember
                {
                    Lane = lane,
                    Slot = FindSlot(state, lane, settings),
                    Weight = member.Weight * scale / lanes.Count,
                    ContextMax = member.ContextMax ?? lane.Model.Listed?.Context,
                    AttemptTimeoutMs = member.AttemptTimeoutMs ?? lane.Model.AttemptTimeoutMs,
                    FirstContentTimeoutMs = member.FirstContentTimeoutMs ?? config.FirstContentTimeoutMs ?? lane.Model.FirstContentTimeoutMs,
                    Cost = CostOf(lane.Model),
                    Hash = Rendezvous.Hash($"{lane.Name}\n{lane.KeyIndex}"),
                });
            }
        }

        state.Slots = [.. members.Select(static member => member.Slot)];
        return new Pool(config, isDirect, [.. members], state, _context);
    }

    private static decimal CostOf(ModelConfig model) =>
        (model.RateCard ?? model.Listed?.Card)?.Steps[0].Standard is { } rates ? (3m * rates.Input) + rates.Output : 0;

    private PoolSlot FindSlot(PoolState pool, Lane lane, BreakerSettings settings)
    {
        var slot = Array.Find(pool.Slots, known => ReferenceEquals(known.Lane.State, lane.State));
        if (slot is null)
        {
            slot = new PoolSlot(pool, lane, NewCell(pool, settings), NewCell(pool, settings));
            if (lane.State.DeadReason is not null)
            {
                slot.Cell.HardDown();
                slot.Beside.HardDown();
            }
        }
        else
        {
            slot.Lane = lane;
            slot.Cell.Configure(settings);
            slot.Beside.Configure(settings);
        }

        _slots[lane.State].Add(slot);
        return slot;
    }

    private BreakerCell NewCell(PoolState pool, BreakerSettings settings) => new(_context.Clock, _context.Random, settings, pool.Callers);

    private static long LeastCommonMultiple(long a, long b)
    {
        var (x, y) = (a, b);
        while (y != 0)
        {
            (x, y) = (y, x % y);
        }

        return a / x * b;
    }
}

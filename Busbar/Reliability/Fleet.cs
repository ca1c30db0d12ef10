using System.Collections.Frozen;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>
/// All lanes and pools of one configuration snapshot. Immutable; what lives on across reloads hangs below it and is found again by identity:
/// a pool by its name, permits and budgets by the model's name, a lane's health by <see cref="LaneIdentity"/>.
/// </summary>
internal sealed class Fleet
{
    private readonly FrozenDictionary<string, Pool> _pools;
    private readonly FrozenDictionary<string, Pool> _direct;
    private readonly FrozenDictionary<string, Pool>.AlternateLookup<ReadOnlySpan<char>> _poolsBySpan;
    private readonly FrozenDictionary<string, Pool>.AlternateLookup<ReadOnlySpan<char>> _directBySpan;

    internal Fleet(ReliabilityContext context, Lane[] lanes, Pool[] pools, Pool[] direct, FleetMemory memory)
    {
        Context = context;
        Lanes = lanes;
        Pools = pools;
        Direct = direct;
        Memory = memory;
        _pools = pools.ToFrozenDictionary(static pool => pool.Name, StringComparer.Ordinal);
        _direct = direct.ToFrozenDictionary(static pool => pool.Name, StringComparer.Ordinal);
        _poolsBySpan = _pools.GetAlternateLookup<ReadOnlySpan<char>>();
        _directBySpan = _direct.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every lane, in configuration order of models, then of keys.</summary>
    public IReadOnlyList<Lane> Lanes { get; }

    /// <summary>The configured pools, in configuration order.</summary>
    public IReadOnlyList<Pool> Pools { get; }

    /// <summary>The direct route of every model, in configuration order.</summary>
    public IReadOnlyList<Pool> Direct { get; }

    /// <summary>True when at least one lane is usable. Cheap and without side effects.</summary>
    public bool IsUsable
    {
        get
        {
            foreach (var lane in Lanes)
            {
                if (lane.IsUsable)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Where kept answers came from.</summary>
    public ResponseAffinity ResponseAffinity => Context.ResponseAffinity;

    /// <summary>What answers contained that no provider keeps.</summary>
    public AnswerStore Answers => Context.Answers;

    internal ReliabilityContext Context { get; }

    internal FleetMemory Memory { get; }

    /// <summary>The fleet of a process that just started: every cell Closed.</summary>
    /// <param name="config">A validated configuration.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="random">Uniform in [0, 1), safe for concurrent calls; null for the shared generator.</param>
    /// <param name="events">Told of state changes; null for nobody.</param>
    public static Fleet Create(GatewayConfig config, TimeProvider time, Func<double>? random = null, IReliabilityEvents? events = null) =>
        FleetBuilder.Build(config, new ReliabilityContext(new MonotonicClock(time), random ?? Random.Shared.NextDouble, events
            ?? NoReliabilityEvents.Instance), FleetMemory.Empty);

    /// <summary>
    /// The fleet of a new configuration, with the state of this one. Its limits and thresholds take effect at once, also for requests under way, so
    /// call it when nothing can fail any more and use the result. One caller at a time, on the latest fleet.
    /// </summary>
    public Fleet Reload(GatewayConfig config) => FleetBuilder.Build(config, Context, Memory);

    /// <summary>The pool of that name, else the direct route of that model; null when there is neither.</summary>
    public Pool? Resolve(ReadOnlySpan<char> name) =>
        _poolsBySpan.TryGetValue(name, out var pool) || _directBySpan.TryGetValue(name, out pool) ? pool : null;

    /// <summary>The same for a name still in UTF-8.</summary>
    public Pool? Resolve(ReadOnlySpan<byte> utf8Name)
    {
        if (utf8Name.Length > 512)
        {
            return Resolve(Encoding.UTF8.GetString(utf8Name));
        }

        Span<char> name = stackalloc char[utf8Name.Length];
        return Resolve(name[..Encoding.UTF8.GetChars(utf8Name, name)]);
    }

    /// <summary>The direct route of a model: one member, default settings; null when there is no such model.</summary>
    public Pool? ForModel(string model) => _direct.GetValueOrDefault(model);

    /// <summary>The configured pool of that name; null when there is none.</summary>
    public Pool? ForPool(string pool) => _pools.GetValueOrDefault(pool);
}

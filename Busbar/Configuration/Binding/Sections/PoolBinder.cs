using System.Globalization;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads one entry of <c>pools:</c>.</summary>
internal sealed class PoolBinder(ConfigReport report, IEnvironment environment)
{
    private const string FallbackPrefix = "fallback_pool:";

    /// <summary>Reads a pool. Whether its names exist is checked later, when all are known.</summary>
    public PoolConfig Bind(string name, Section pool) => new()
    {
        Name = name,
        Members = [.. pool.Items("members").Select(item => Member(item.Node, item.Path))],
        Breaker = Breaker(pool.Inner("breaker", ConfigKeys.Breaker)),
        Failover = Failover(pool.Inner("failover", ConfigKeys.Failover)),
        OnExhausted = OnExhausted(pool.Inner("on_exhausted", ConfigKeys.OnExhausted)),
        Affinity = Affinity(pool.Inner("affinity", ConfigKeys.Affinity)),
        Hedge = Hedge(pool.Inner("hedge", ConfigKeys.Hedge)),
        FirstContentTimeoutMs = (int?)pool.Integer("first_content_timeout_ms"),
        Strategy = pool.Choice(
            "strategy",
            ("weighted", PoolStrategy.Weighted),
            ("priority", PoolStrategy.Priority),
            ("least_latency", PoolStrategy.LeastLatency),
            ("least_busy", PoolStrategy.LeastBusy),
            ("least_cost", PoolStrategy.LeastCost)) ?? PoolStrategy.Weighted,
        Commit = pool.Choice("commit", ("first_content", CommitMode.FirstContent), ("first_byte", CommitMode.FirstByte)) ?? CommitMode.FirstContent,
        OnClientDisconnect = pool.Choice("on_client_disconnect", ("cancel", DisconnectMode.Cancel), ("drain", DisconnectMode.Drain))
            ?? DisconnectMode.Cancel,
        QueueMaxMs = (int?)pool.Inner("queue", ConfigKeys.Queue).Integer("max_ms"),
    };

    private PoolMemberConfig Member(YamlNode node, string path)
    {
        Section member = new(node, path, ConfigKeys.Member, report, environment);
        if (!member.Has("target"))
        {
            report.Error(member.At("target"), "'target' is required: the name of a model");
        }

        return new PoolMemberConfig
        {
            Target = member.Text("target") ?? "",
            Weight = member.Integer("weight", 1),
            ContextMax = member.Integer("context_max"),
            AttemptTimeoutMs = (int?)member.Integer("attempt_timeout_ms"),
            FirstContentTimeoutMs = (int?)member.Integer("first_content_timeout_ms"),
        };
    }

    private BreakerConfig Breaker(Section breaker)
    {
        BreakerConfig defaults = new();
        Section trip = breaker.Inner("trip", ConfigKeys.Trip);
        BreakerConfig bound = new()
        {
            BaseCooldownSecs = breaker.Integer("base_cooldown_secs", defaults.BaseCooldownSecs),
            MaxCooldownSecs = breaker.Integer("max_cooldown_secs", defaults.MaxCooldownSecs),
            Mode = trip.Choice("mode", ("error_rate", TripMode.ErrorRate), ("consecutive", TripMode.Consecutive)) ?? TripMode.ErrorRate,
            WindowSecs = trip.Integer("window_s", defaults.WindowSecs),
            Threshold = trip.Number("threshold", defaults.Threshold),
            MinRequests = trip.Integer("min_requests", defaults.MinRequests),
            ConsecutiveN = trip.Integer("n", defaults.ConsecutiveN),
        };

        if (bound.MaxCooldownSecs < bound.BaseCooldownSecs)
        {
            string key = breaker.Has("max_cooldown_secs") ? "max_cooldown_secs" : "base_cooldown_secs";
            report.Error(
                breaker.At(key),
                $"max_cooldown_secs ({bound.MaxCooldownSecs}) is below base_cooldown_secs ({bound.BaseCooldownSecs})",
                "raise the one or lower the other");
        }

        if (bound.Mode == TripMode.ErrorRate && !(bound.Threshold is > 0 and <= 1))
        {
            report.Error(trip.At("threshold"), "must be above 0 and at most 1", "0.5 trips when half of the calls fail");
        }

        if (bound is { Mode: TripMode.Consecutive, ConsecutiveN: 0 })
        {
            report.Error(trip.At("n"), "must be at least 1");
        }

        return bound;
    }

    private static FailoverConfig Failover(Section failover)
    {
        FailoverConfig defaults = new();
        return new FailoverConfig
        {
            DeadlineSecs = failover.Integer("deadline_secs", defaults.DeadlineSecs),
            IsDeadlineSet = failover.Has("deadline_secs") || failover.Has("timeout_secs"),
            Cap = failover.Integer("cap", defaults.Cap),
            Exclusions = failover.Texts("exclusions"),
        };
    }

    private ExhaustionConfig OnExhausted(Section block)
    {
        const string Known = "use one of: reject, least_bad, fallback_pool:<name of a pool>";
        switch (block.Text("action"))
        {
            case null or "reject" or "503" or "status_503" or "status503":
                return new ExhaustionConfig();
            case "least_bad" or "least-bad" or "leastbad":
                return new ExhaustionConfig { Action = ExhaustionAction.LeastBad };
            case { } action when action.StartsWith(FallbackPrefix, StringComparison.Ordinal)
                && action.AsSpan(FallbackPrefix.Length).Trim().Length > 0:
                return new ExhaustionConfig { Action = ExhaustionAction.FallbackPool, FallbackPool = action[FallbackPrefix.Length..].Trim() };
            case "fallback_pool" or FallbackPrefix or "fallback" or "failover":
                report.Error(block.At("action"), "names no pool to fall back to", "write fallback_pool:<name of a pool>");
                return new ExhaustionConfig();
            default:
                report.Error(block.At("action"), "unknown action", Known);
                return new ExhaustionConfig();
        }
    }

    private HedgeConfig? Hedge(Section block)
    {
        if (!block.IsPresent)
        {
            return null;
        }

        HedgeConfig defaults = new();
        double share = block.Number("at_most", defaults.AtMost);
        if (!(share is > 0 and <= 1))
        {
            report.Error(block.At("at_most"), "must be above 0 and at most 1", "0.1 calls twice for one request in ten at most");
        }

        string after = block.Filled("after") ?? "p95";
        bool isPercentile = after[0] == 'p';
        bool isNumber = int.TryParse(isPercentile ? after.AsSpan(1) : after, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (!isNumber || (isPercentile ? number is < 50 or > 99 : number < 1))
        {
            report.Error(block.At("after"), "neither a percentile nor milliseconds", "write p50 to p99, or a whole number of milliseconds");
        }

        return new HedgeConfig
        {
            AfterMs = isPercentile ? null : number,
            Percentile = isPercentile ? number / 100.0 : defaults.Percentile,
            AtMost = share,
        };
    }

    private AffinityConfig? Affinity(Section affinity)
    {
        if (!affinity.IsPresent)
        {
            return null;
        }

        affinity.Choice("mode", ("session", true));
        string header = affinity.Text("header_name") ?? new AffinityConfig().HeaderName;
        if (!HeaderText.IsName(header))
        {
            report.Error(affinity.At("header_name"), "not a legal header name");
        }

        return new AffinityConfig
        {
            HeaderName = header,
            Fallback = affinity.Choice("fallback", ("none", AffinityFallback.None), ("system", AffinityFallback.System),
                ("prefix", AffinityFallback.Prefix)) ?? AffinityFallback.None,
        };
    }
}

namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>A pool.</summary>
    public static readonly KeySet Pool = new(
        "pools.*",
        new("members", KeyKind.Text, "The models")
        {
            IsRequired = true,
            Default = "required",
            Range = "at least one; no model twice. Members of different protocols are a warning, since some requests are then translated",
        },
        new("strategy", KeyKind.Word, "How a member is chosen among those that are ready")
        {
            Words = ["weighted", "priority", "least_latency", "least_busy", "least_cost"],
            Default = "`weighted`",
            Range =
                "`weighted`: in turns, by weight; `priority`: the first in order; `least_latency`: the faster one to begin its answers, of two " +
                    "taken by "
                + "chance; `least_busy`: the one with the smallest share of `max_concurrent` in flight; `least_cost`: the cheapest at three " +
                    "tokens of "
                + "input for one of output, each of which needs a price. Sessions with affinity and kept answers go before it",
        },
        new("breaker", KeyKind.Text, "When a member is taken out of rotation")
        {
            Default = "see there",
            Range = "block",
        },
        new("failover", KeyKind.Text, "Attempt limit and deadline of one request")
        {
            Default = "see there",
            Range = "block",
        },
        new("on_exhausted", KeyKind.Text, "What happens when no member is left")
        {
            Default = "reject",
            Range = "block",
        },
        new("affinity", KeyKind.Text, "Session stickiness")
        {
            Default = "none",
            Range = "block",
        },
        new("first_content_timeout_ms", KeyKind.Integer, "Overrides the models'")
        {
            Min = 1,
            Max = Ranges.MaxMilliseconds,
            Default = "the models'",
            Range = "at least 1; a member may override it",
        },
        new("hedge", KeyKind.Text, "A second call beside one that is slow to begin its answer")
        {
            Default = "none",
            Range = "block",
        },
        new("commit", KeyKind.Word, "The point after which a request cannot fail over")
        {
            Words = ["first_content", "first_byte"],
            Default = "`first_content`",
            Range = "`first_content`: the first event with content; what comes before is held back. `first_byte`: the first byte",
        },
        new("on_client_disconnect", KeyKind.Word, "What happens to the provider's call when the client goes away")
        {
            Words = ["cancel", "drain"],
            Default = "`cancel`",
            Range = "`cancel`; `drain`: it is read on for a while, so that its usage is known",
        },
        new("queue", KeyKind.Text, "Waiting when all members are busy")
        {
            Default = "until the deadline",
            Range = "block",
        });

    /// <summary>Second calls beside slow ones.</summary>
    public static readonly KeySet Hedge = new(
        "pools.*.hedge",
        new("after", KeyKind.Text,
            "When another ready member is called too: after so many milliseconds without a byte of an answer, or when so many of a hundred of that " +
            "member's own would have begun")
        {
            Default = "`p95`",
            Range = "milliseconds, at least 1, or `p50` to `p99`; by percentile not before 20 answers of a member were seen",
        },
        new("at_most", KeyKind.Decimal, "Share of the pool's requests that may be called for twice")
        {
            Min = 0,
            Max = 1,
            Default = "0.1",
            Range = "above 0, at most 1; what was not used is kept for ten",
        });

    /// <summary>A member of a pool.</summary>
    public static readonly KeySet Member = new(
        "pools.*.members[]",
        new("target", KeyKind.Text, "The model")
        {
            IsRequired = true,
            Default = "required",
            Range = "a name under `models`",
        },
        new("weight", KeyKind.Integer, "Share of the traffic")
        {
            Min = 1,
            Max = Ranges.MaxItems,
            Default = "1",
            Range = "at least 1",
        },
        new("context_max", KeyKind.Integer, "Context size in tokens; a request that surely is longer goes to larger members only")
        {
            Min = 1,
            Max = Ranges.MaxTokens,
            Default = "that of the [price list](prices.md), else unknown",
            Range = "at least 1; two pools must not give one model different sizes",
        },
        new("attempt_timeout_ms", KeyKind.Integer, "Overrides the model's")
        {
            Min = 1,
            Max = Ranges.MaxMilliseconds,
            Default = "the model's",
            Range = "at least 1",
        },
        new("first_content_timeout_ms", KeyKind.Integer, "Overrides the pool's and the model's")
        {
            Min = 1,
            Max = Ranges.MaxMilliseconds,
            Default = "the pool's, else the model's",
            Range = "at least 1",
        });

    /// <summary>Cooldowns of a pool.</summary>
    public static readonly KeySet Breaker = new(
        "pools.*.breaker",
        new("base_cooldown_secs", KeyKind.Integer, "First cooldown, and lower bound of all")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "15",
            Range = "at least 1",
        },
        new("max_cooldown_secs", KeyKind.Integer, "Longest cooldown")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "120",
            Range = "not below `base_cooldown_secs`; a provider's Retry-After may exceed it",
        },
        new("trip", KeyKind.Text, "What opens the breaker")
        {
            Default = "see there",
            Range = "block",
        });

    /// <summary>What trips a breaker.</summary>
    public static readonly KeySet Trip = new(
        "pools.*.breaker.trip",
        new("mode", KeyKind.Word, "How failures are judged")
        {
            Words = ["error_rate", "consecutive"],
            Default = "`error_rate`",
            Range = "`error_rate`: by their share; `consecutive`: by failures in a row",
        },
        new("window_s", KeyKind.Integer, "Length of the window looked at")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "30",
            Range = "at least 1; also spelt `window_secs`",
        },
        new("threshold", KeyKind.Decimal, "Share of failures that opens")
        {
            Min = 0,
            Max = 1,
            Default = "0.5",
            Range = "above 0, at most 1; mode `error_rate`",
        },
        new("min_requests", KeyKind.Integer, "Outcomes the window must hold first")
        {
            Min = 1,
            Max = Ranges.MaxItems,
            Default = "5",
            Range = "at least 1; mode `error_rate`",
        },
        new("n", KeyKind.Integer, "Failures in a row that open")
        {
            Min = 0,
            Max = Ranges.MaxItems,
            Default = "3",
            Range = "at least 1 in mode `consecutive`; also spelt `consecutive_n`",
        })
    {
        Aliases = new Dictionary<string, string> { ["window_secs"] = "window_s", ["consecutive_n"] = "n" },
    };

    /// <summary>How far a request may wander.</summary>
    public static readonly KeySet Failover = new(
        "pools.*.failover",
        new("deadline_secs", KeyKind.Integer, "Time until an answer begins, over all attempts")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "120; unless it is set, the call of the last lane may take longer ([clocks](how-it-works.md#clocks))",
            Range = "at least 1; also spelt `timeout_secs`. Fallback pools share it",
        },
        new("cap", KeyKind.Integer, "Failovers after the first attempt")
        {
            Min = 0,
            Max = Ranges.MaxItems - 1,
            Default = "3",
            Range = "at least 0; 3 allows four calls; also spelt `max_hops`",
        },
        new("exclusions", KeyKind.Texts, "Members that take no traffic through this pool")
        {
            Default = "none",
            Range = "members of this pool, not all of them",
        })
    {
        Aliases = new Dictionary<string, string> { ["timeout_secs"] = "deadline_secs", ["max_hops"] = "cap" },
    };

    /// <summary>What happens when no lane is left.</summary>
    public static readonly KeySet OnExhausted = new(
        "pools.*.on_exhausted",
        new ConfigKey("action", KeyKind.Text, "What to do")
        {
            Default = "`reject`",
            Range =
                "`reject` (also `503`, `status_503`, `status503`): 503 with Retry-After; `least_bad` (also `least-bad`, `leastbad`): one attempt "
                + "at the member whose cooldown ends soonest; `fallback_pool:<name>`: go on in another pool. Fallbacks must not form a cycle",
        });

    /// <summary>Session stickiness.</summary>
    public static readonly KeySet Affinity = new(
        "pools.*.affinity",
        new("mode", KeyKind.Word, "Kind of stickiness")
        {
            Words = ["session"],
            Default = "`session`",
            Range = "`session`",
        },
        new("header_name", KeyKind.Text, "Header whose value is the session")
        {
            Default = "`x-session-id`",
            Range = "a legal header name",
        },
        new("fallback", KeyKind.Word, "What stands in for a missing header")
        {
            Words = ["none", "system", "prefix"],
            Default = "`none`",
            Range =
                "`none`; `system`: the system prompt; `prefix`: instructions, tools and the first turn, which a conversation repeats in every " +
                    "request and its "
                + "provider keeps cached, so that conversations spread by weight and each stays where it is cheap. A session is a preference: a " +
                    "member that is down or busy is passed over. Direct routes and "
                + "fallback pools know no sessions",
        });

    /// <summary>Waiting for a free permit.</summary>
    public static readonly KeySet Queue = new(
        "pools.*.queue",
        new ConfigKey("max_ms", KeyKind.Integer, "Longest wait for a free member, when all that are ready are busy")
        {
            Min = 0,
            Max = Ranges.MaxMilliseconds,
            Default = "what is left of the deadline",
            Range = "at least 0; 0 does not wait. A pool that falls back to another never waits",
        });
}

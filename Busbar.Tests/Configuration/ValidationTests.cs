using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Model.Store;
using Busbar.Ir;

namespace Busbar.Tests.Configuration;

public sealed class ValidationTests
{
    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        { "C35", ConfigText.With(models: "{small: {provider: opnai, max_concurrent: 1}}", pools: "{}"), "models.small.provider", "'opnai'" },
        { "C36", ConfigText.With(pools: "{fast: {members: [{target: smal}]}}"), "pools.fast.members[0].target", "there is no model 'smal'" },
        { "C37", ConfigText.With(pools: "{fast: {members: [{target: small, weight: 0}]}}"), "pools.fast.members[0].weight", "at least 1" },
        { "C38", ConfigText.With(models: "{small: {provider: openai, max_concurrent: 0}}"), "models.small.max_concurrent", "at least 1" },
        { "C38", ConfigText.With(models: "{small: {provider: openai, max_concurrent: -1}}"), "models.small.max_concurrent", "at least 1" },
        { "C38", ConfigText.With(models: "{small: {provider: openai}}"), "models.small.max_concurrent", "required" },
        { "C39", ConfigText.WithModel("max_requests: 0"), "models.small.max_requests", "never" },
        { "C40", ConfigText.WithModel("default_max_tokens: 0"), "models.small.default_max_tokens", "at least 1" },
        { "2.3", ConfigText.WithModel("upstream_model: '  '"), "models.small.upstream_model", "blank" },
        { "C41", ConfigText.With(pools: "{fast: {members: []}}"), "pools.fast.members", "at least one member" },
        { "C41", ConfigText.With(pools: "{fast: {}}"), "pools.fast.members", "at least one member" },
        { "C42", ConfigText.With(pools: "{small: {members: [{target: small}]}}"), "pools.small", "name of a model" },
        { "C42", ConfigText.With(pools: "{openai: {members: [{target: small}]}}"), "pools.openai", "name of a provider" },
        { "C43", ConfigText.With(pools: "{admin: {members: [{target: small}]}}"), "pools.admin", "reserved" },
        { "C43", ConfigText.With(pools: "{admin/x: {members: [{target: small}]}}"), "pools.admin/x", "reserved" },
        { "2.5", ConfigText.With(pools: "{v1: {members: [{target: small}]}}"), "pools.v1", "reserved" },
        { "C44", ConfigText.WithPool("failover: {deadline_secs: 0}"), "pools.fast.failover.deadline_secs", "at least 1" },
        { "C45", ConfigText.With(
            models: "{small: {provider: openai, max_concurrent: 1}, big: {provider: openai, max_concurrent: 1}}",
            pools: "{fast: {members: [{target: small}], failover: {exclusions: [big]}}}"), "pools.fast.failover.exclusions[0]", "not a member" },
        { "2.3", ConfigText.WithPool("failover: {exclusions: [small]}"), "pools.fast.failover.exclusions", "every member" },
        { "2.3", ConfigText.With(pools: "{fast: {members: [{target: small}, {target: small}]}}"), "pools.fast.members[1].target", "already" },
        { "C46", ConfigText.WithPool("on_exhausted: {action: 'fallback_pool:slow'}"), "pools.fast.on_exhausted.action", "no pool 'slow'" },
        { "C46", ConfigText.WithPool("on_exhausted: {action: 'fallback_pool:fast'}"), "pools.fast.on_exhausted.action", "itself" },
        { "C47", ConfigText.WithPool("on_exhausted: {action: fallback_pool}"), "pools.fast.on_exhausted.action", "names no pool" },
        { "C47", ConfigText.WithPool("on_exhausted: {action: 'fallback_pool:'}"), "pools.fast.on_exhausted.action", "names no pool" },
        { "C47", ConfigText.WithPool("on_exhausted: {action: 'fallback_pool: '}"), "pools.fast.on_exhausted.action", "unknown action" },
        { "C47", ConfigText.WithPool("on_exhausted: {action: fallback}"), "pools.fast.on_exhausted.action", "names no pool" },
        { "C47", ConfigText.WithPool("on_exhausted: {action: failover}"), "pools.fast.on_exhausted.action", "names no pool" },
        { "C47", ConfigText.WithPool("on_exhausted: {action: giveup}"), "pools.fast.on_exhausted.action", "unknown action" },
        { "C48", ConfigText.WithPool("affinity: {mode: sticky}"), "pools.fast.affinity.mode", "possible values" },
        { "2.3", ConfigText.WithPool("affinity: {header_name: 'x y'}"), "pools.fast.affinity.header_name", "legal header name" },
        { "C49", ConfigText.WithPool("breaker: {base_cooldown_secs: 0}"), "pools.fast.breaker.base_cooldown_secs", "at least 1" },
        { "C49", ConfigText.WithPool("breaker: {max_cooldown_secs: 0}"), "pools.fast.breaker.max_cooldown_secs", "at least 1" },
        { "C49", ConfigText.WithPool("breaker: {base_cooldown_secs: 20, max_cooldown_secs: 19}"), "pools.fast.breaker.max_cooldown_secs", "below" },
        { "C49", ConfigText.WithPool("breaker: {base_cooldown_secs: 500}"), "pools.fast.breaker.base_cooldown_secs", "below" },
        { "C50", ConfigText.WithPool("breaker: {trip: {threshold: 0}}"), "pools.fast.breaker.trip.threshold", "above 0" },
        { "C50", ConfigText.WithPool("breaker: {trip: {threshold: 1.01}}"), "pools.fast.breaker.trip.threshold", "above 0" },
        { "C50", ConfigText.WithPool("breaker: {trip: {threshold: .nan}}"), "pools.fast.breaker.trip.threshold", "above 0" },
        { "C50", ConfigText.WithPool("breaker: {trip: {threshold: .inf}}"), "pools.fast.breaker.trip.threshold", "above 0" },
        { "2.3", ConfigText.WithPool("breaker: {trip: {mode: sometimes}}"), "pools.fast.breaker.trip.mode", "possible values" },
        { "C51", ConfigText.WithPool("breaker: {trip: {min_requests: 0}}"), "pools.fast.breaker.trip.min_requests", "at least 1" },
        { "C51", ConfigText.WithPool("breaker: {trip: {window_s: 0}}"), "pools.fast.breaker.trip.window_s", "at least 1" },
        { "C51", ConfigText.WithPool("breaker: {trip: {mode: consecutive, n: 0}}"), "pools.fast.breaker.trip.n", "at least 1" },
        { "C54", ConfigText.WithProvider("protocol: smtp"), "providers.openai.protocol", "unknown protocol" },
        { "C55", ConfigText.WithProvider("auth: basic"), "providers.openai.auth", "possible values" },
        { "C56", ConfigText.With(pools: "{a: {members: [{target: small, context_max: 1000}]}, b: {members: [{target: small, context_max: 2000}]}}"),
            "pools.b.members[0].context_max", "2000 here and 1000 in the pool 'a'" },
        { "C58", ConfigText.With(more: "governance: {enabled: true}"), "governance.admin_token", "admin token" },
        { "C58", ConfigText.With(more: "governance: {enabled: true, admin_token: '  '}"), "governance.admin_token", "admin token" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a}]}"), "auth.jwt", "governance is off" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{audience: a}]}", more: "governance: {enabled: true, admin_token: canary-admin-token}"),
            "auth.jwt[0].issuer", "'issuer' is required" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\"}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].audience", "'audience' is required" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: []}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].audience", "'audience' is required" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"http://a.example\", audience: a}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].issuer", "must use https" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: accounts, audience: a, jwks_url: \"https://127.0.0.1/keys\"}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].jwks_url", "refused" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a, algorithms: [none]}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].algorithms", "'none' is not accepted" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a, algorithms: [RS256, HS256]}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].algorithms", "'HS256' is not accepted" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a, algorithms: []}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].algorithms", "the list is empty" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a, groups: {a: b}}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].groups", "no effect without group_claim" },
        { "14", ConfigText.With(auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a, clock_skew_secs: 601}]}",
            more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[0].clock_skew_secs", "at most 600" },
        { "14", ConfigText.With(
            auth: "{mode: none, jwt: [{issuer: \"https://a.example\", audience: a}, {issuer: \"https://a.example\", audience: b}]}",
        more: "governance: {enabled: true, admin_token: canary-admin-token}"), "auth.jwt[1].issuer", "listed twice" },
        { "C60", ConfigText.With(auth: "{mode: token}"), "auth.client_tokens", "at least one token" },
        { "C60", ConfigText.With(auth: "{mode: token, client_tokens: []}"), "auth.client_tokens", "at least one token" },
        { "2.3", ConfigText.With(auth: "{mode: token, client_tokens: [a, ' ']}"), "auth.client_tokens[1]", "blank" },
        { "2.3", ConfigText.With(auth: "{mode: open}"), "auth.mode", "unknown mode" },
        { "2.4", ConfigText.With(providers: "{opennai: {api_key_env: OPENAI_KEY}}", models: "{small: {provider: opennai, max_concurrent: 1}}",
            pools: "{}"),
            "providers.opennai", "not in the catalog" },
        { "C76", ConfigText.WithProvider("path: .evil.com/v1"), "providers.openai.path", "start with '/'" },
        { "2.6", ConfigText.WithProvider("path: '/x y'"), "providers.openai.path", "white space" },
        { "2.6", ConfigText.WithProvider("path: '/x#y'"), "providers.openai.path", "'#'" },
        { "2.6", ConfigText.WithProvider("base_url: 'https://example.com?a=b'"), "providers.openai.base_url", "query" },
        { "2.3", ConfigText.With(providers: "{openai: {}}"), "providers.openai.api_key_env", "required" },
        { "2.3", ConfigText.With(more: "listen: 8080"), "listen", "not an address" },
        { "2.3", ConfigText.With(more: "listen: '0.0.0.0:70000'"), "listen", "not an address" },
        { "2.3", ConfigText.With(more: "governance: {price_per_request_cents: -1}"), "governance.price_per_request_cents", "at least 0" },
        { "2.3", ConfigText.With(more: "limits: {request_body_max_bytes: 0}"), "limits.request_body_max_bytes", "at least 1" },
        { "types", ConfigText.With(more: "limits: {default_max_tokens: many}"), "limits.default_max_tokens", "not a whole number" },
        { "types", ConfigText.With(more: "limits: {default_max_tokens: 1.5}"), "limits.default_max_tokens", "not a whole number" },
        { "types", ConfigText.With(more: "limits: {default_max_tokens: 010}"), "limits.default_max_tokens", "decimal digits" },
        { "types", ConfigText.With(more: "limits: {default_max_tokens: 99999999999999999999}"), "limits.default_max_tokens", "not a whole number" },
        { "types", ConfigText.With(more: "limits: {default_max_tokens: [1]}"), "limits.default_max_tokens", "single value" },
        { "types", ConfigText.With(more: "governance: {enabled: yes}"), "governance.enabled", "not a switch" },
        { "types", ConfigText.With(more: "limits: 7"), "limits", "block of keys" },
        { "types", ConfigText.With(pools: "{fast: {members: {target: small}}}"), "pools.fast.members", "expected a list" },
        { "tls", ConfigText.With(more: "tls: {cert_file: /nowhere/a.pem, key_file: /nowhere/a.pem}"), "tls.cert_file", "no such file" },
        { "2.3", ConfigText.With(more: "user_agent: \"a\\nb\""), "user_agent", "header value" },
        { "2.3", ConfigText.WithModel("rate_card: {input: 5}"), "models.small.rate_card.output", "required" },
        { "prices", ConfigText.WithModel("rate_card: {input: -1, output: 1}"), "models.small.rate_card.input", "at least 0" },
        { "prices", ConfigText.WithModel("rate_card: {input: 2000000000, output: 1}"), "models.small.rate_card.input", "at most" },
        { "prices", ConfigText.WithModel("rate_card: {input: 0.00001, output: 1}"), "models.small.rate_card.input", "four decimals" },
        { "prices", ConfigText.WithModel("rate_card: {input: 1, output: 1, batch: 5000}"), "models.small.rate_card.batch", "at most 1000" },
        { "prices", ConfigText.WithModel("rate_card: {input: 1, output: 1, flex: {inputs: 1}}"), "models.small.rate_card.flex.inputs",
            "unknown key" },
        { "prices", ConfigText.WithModel("rate_card: {input: 1, output: 1, above: [{input: 2}]}"), "models.small.rate_card.above[0]",
            "'tokens' is required" },
        { "prices", ConfigText.WithModel("rate_card: {input: 1, output: 1, above: [{tokens: 9}, {tokens: 9}]}"),
            "models.small.rate_card.above[1].tokens", "overlaps" },
        { "2.3", ConfigText.WithModel("capabilities: {flying: true}"), "models.small.capabilities.flying", "unknown key" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_reported_at_its_key_with_what_is_wrong(string rule, string yaml, string path, string message)
    {
        List<ConfigProblem> errors = [.. ConfigText.Load(yaml).Errors];

        ConfigProblem? error = errors.Find(candidate => candidate.Path == path);
        Assert.True(error is not null, $"{rule}: no error at {path} but\n{string.Join('\n', errors)}");
        Assert.Contains(message, error.Message);
        Assert.NotNull(error.Location);
        Assert.All(errors, other => Assert.True(other.Path == path || IsConsequence(other) || rule is "C41" or "types" or "tls", other.ToString()));
    }

    private static bool IsConsequence(ConfigProblem problem) => problem.Message.Contains("could not be resolved");

    [Fact]
    [Trait("gotcha", "C6")]
    public void All_mistakes_are_found_in_one_run()
    {
        ConfigResult result = ConfigText.Load("""
            auth: {mode: opne, client_token: [a]}
            providers: {openai: {api_key_env: OPENAI_KEY, auth: basic}}
            models: {small: {provider: openai, max_concurrent: 0}}
            pools: {fast: {members: [{target: small, weight: 0}], breaker: {base_cooldown_secs: 0}}}
            limits: {shutdown_drain_secs: -1}
            """);

        Assert.Equal(
            ["auth.client_token", "auth.mode", "limits.shutdown_drain_secs", "models.small.max_concurrent", "pools.fast.breaker.base_cooldown_secs",
                "pools.fast.members[0].weight", "providers.openai.auth"],
            result.Errors.Select(error => error.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void C36_a_member_whose_provider_is_broken_is_told_from_one_that_does_not_exist()
    {
        ConfigResult result = ConfigText.Load(ConfigText.WithProvider("base_url: 'http://example.com'"));

        Assert.Contains(result.Errors, error => error.Path == "pools.fast.members[0].target"
            && error.Message.Contains("exists, but its provider 'openai'"));
        Assert.DoesNotContain(result.Errors, error => error.Message.Contains("there is no model"));
    }

    [Theory]
    [InlineData("-1", -1)]
    [InlineData("-20", -1)]
    [InlineData("7", 7)]
    public void C39_negative_max_requests_means_no_limit(string written, long expected) =>
        Assert.Equal(expected, ConfigText.Valid(ConfigText.WithModel($"max_requests: {written}")).Models["small"].MaxRequests);

    [Fact]
    public void C43_names_that_only_begin_like_a_reserved_word_pass() =>
        ConfigText.Valid(
            ConfigText.With(
            pools: "{adminx: {members: [{target: small}]}, admin_portal: {members: [{target: small}]}, x/admin: {members: [{target: small}]}}"));

    [Fact]
    public void C44_a_cap_of_zero_passes() =>
        Assert.Equal(0, ConfigText.Valid(ConfigText.WithPool("failover: {cap: 0}")).Pools["fast"].Failover.Cap);

    [Theory]
    [InlineData("a b", 1)]
    [InlineData("a b c", 1)]
    [InlineData("a b | c d", 2)]
    public void C46_every_ring_of_fallbacks_is_reported_once_with_its_path(string rings, int count)
    {
        List<string> pools = ["into: {members: [{target: small}], on_exhausted: {action: 'fallback_pool:a'}}"];
        foreach (string ring in rings.Split(" | "))
        {
            string[] names = ring.Split(' ');
            for (int index = 0; index < names.Length; index++)
            {
                pools.Add($"{names[index]}: {{members: [{{target: small}}], on_exhausted: {{action: " +
                    $"'fallback_pool:{names[(index + 1) % names.Length]}'}}}}");
            }
        }

        List<ConfigProblem> errors = [.. ConfigText.Load(ConfigText.With(pools: $"{{{string.Join(", ", pools)}}}")).Errors];

        Assert.Equal(count, errors.Count);
        Assert.Contains($"{rings.Split(" | ")[0].Replace(" ", " -> ")} -> a", errors[0].Message);
    }

    [Fact]
    public void C46_a_diamond_of_fallbacks_passes() =>
        ConfigText.Valid(ConfigText.With(pools: """
            {a: {members: [{target: small}], on_exhausted: {action: 'fallback_pool:c'}},
              b: {members: [{target: small}], on_exhausted: {action: 'fallback_pool:c'}},
              c: {members: [{target: small}], on_exhausted: {action: least_bad}}}
            """));

    [Theory]
    [InlineData("reject", ExhaustionAction.Reject)]
    [InlineData("503", ExhaustionAction.Reject)]
    [InlineData("status_503", ExhaustionAction.Reject)]
    [InlineData("status503", ExhaustionAction.Reject)]
    [InlineData("least_bad", ExhaustionAction.LeastBad)]
    [InlineData("least-bad", ExhaustionAction.LeastBad)]
    [InlineData("leastbad", ExhaustionAction.LeastBad)]
    [InlineData("'fallback_pool: other'", ExhaustionAction.FallbackPool)]
    internal void Every_spelling_of_an_exhaustion_action_is_understood(string written, ExhaustionAction expected)
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            pools: $"{{fast: {{members: [{{target: small}}], on_exhausted: {{action: {written}}}}}, other: {{members: [{{target: small}}]}}}}"));

        Assert.Equal(expected, config.Pools["fast"].OnExhausted.Action);
        Assert.Equal(expected == ExhaustionAction.FallbackPool ? "other" : null, config.Pools["fast"].OnExhausted.FallbackPool);
    }

    [Fact]
    public void C50_a_threshold_of_one_passes_and_consecutive_mode_does_not_look_at_it()
    {
        Assert.Equal(1.0, ConfigText.Valid(ConfigText.WithPool("breaker: {trip: {threshold: 1.0}}")).Pools["fast"].Breaker.Threshold);
        ConfigText.Valid(ConfigText.WithPool("breaker: {trip: {mode: consecutive, threshold: 7}}"));
        ConfigText.Valid(ConfigText.WithPool("breaker: {trip: {mode: error_rate, n: 0}}"));
    }

    [Fact]
    [Trait("gotcha", "C52")]
    public void C52_a_wrong_error_class_lists_all_nine()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.WithProvider("error_map: {x: ratelimit}"));

        Assert.Equal("providers.openai.error_map.x", error.Path);
        foreach (string name in (string[])["rate_limit", "overloaded", "server_error", "timeout", "network", "auth", "billing", "client_error",
            "context_length"])
        {
            Assert.Contains(name, error.Remedy);
        }
    }

    [Fact]
    [Trait("gotcha", "C53")]
    public void C53_an_empty_error_map_passes() => ConfigText.Valid(ConfigText.WithProvider("error_map: {}"));

    [Fact]
    public void C54_an_unknown_protocol_lists_the_six() =>
        Assert.Contains("anthropic, openai, gemini, bedrock, responses, cohere", ConfigText.OnlyError(
            ConfigText.With(providers: "{mine: {api_key_env: OPENAI_KEY, protocol: x, base_url: 'https://example.com'}}",
                models: "{m: {provider: mine, max_concurrent: 1}}", pools: "{}")).Remedy);

    [Fact]
    public void C56_equal_context_sizes_and_a_missing_one_pass() =>
        ConfigText.Valid(ConfigText.With(
            pools: "{a: {members: [{target: small, context_max: 9}]}, b: {members: [{target: small, context_max: 9}]}, c: {members: [{target: " +
                "small}]}}"));

    [Fact]
    [Trait("gotcha", "C59")]
    public void C59_governance_may_stand_beside_passthrough()
    {
        foreach (string enabled in (string[])["false", "true"])
        {
            ConfigText.Valid(ConfigText.With(auth: "{mode: passthrough}",
                more: $"governance: {{enabled: {enabled}, admin_token: canary-admin-token}}"));
        }
    }

    [Fact]
    public void C61_a_mode_in_any_case_with_spaces_is_understood() =>
        Assert.Equal(AuthMode.Passthrough, ConfigText.Valid(ConfigText.With(auth: "{mode: 'PassThrough '}")).Auth.Mode);

    [Fact]
    [Trait("gotcha", "C62")]
    public void C62_an_error_map_of_the_deployment_merges_over_the_catalog_key_by_key()
    {
        GatewayConfig config = ConfigText.Valid(
            ConfigText.With(providers: "{p: {api_key_env: OPENAI_KEY, error_map: {b: auth, 1113: timeout}}}",
                models: "{m: {provider: p, max_concurrent: 1}}", pools: "{}"),
            catalog: "p: {protocol: openai, base_url: 'https://example.com/', error_map: {a: billing, b: billing, '1113': billing}}");

        Assert.Equal(
            new Dictionary<string, FaultClass> { ["a"] = FaultClass.Billing, ["b"] = FaultClass.Auth, ["1113"] = FaultClass.Timeout },
            config.Providers["p"].ErrorMap);
        Assert.Equal("https://example.com", config.Providers["p"].BaseUrl);
    }

    [Fact]
    [Trait("gotcha", "C63")]
    public void C63_health_of_the_deployment_takes_effect_and_zero_is_raised_to_one()
    {
        HealthConfig health = ConfigText.Valid(ConfigText.WithProvider("health: {mode: dead, interval_secs: 0, timeout_secs: 9}"))
            .Providers["openai"].Health;

        Assert.Equal(new HealthConfig { Mode = HealthMode.Dead, IntervalSecs = 1, TimeoutSecs = 9 }, health);
    }

    [Fact]
    [Trait("gotcha", "C64")]
    public void C64_a_path_of_the_deployment_wins_over_the_catalog()
    {
        GatewayConfig config = ConfigText.Valid(
            ConfigText.With(providers: "{p: {api_key_env: OPENAI_KEY, path: '/b//..\\@c?v=1'}}", models: "{m: {provider: p, max_concurrent: 1}}",
                pools: "{}"),
            catalog: "p: {protocol: openai, base_url: 'https://example.com', path: /a}");

        Assert.Equal(@"/b//..\@c?v=1", config.Providers["p"].Path);
    }

    [Fact]
    [Trait("gotcha", "C26")]
    public void C26_pools_may_be_left_out() =>
        Assert.Empty(ConfigText.Valid(ConfigText.With(pools: "")).Pools);

    [Fact]
    public void A_provider_outside_the_catalog_needs_only_protocol_and_address()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(
            providers: "{mine: {api_key_env: OPENAI_KEY, protocol: cohere, base_url: 'https://example.com/x/'}}",
            models: "{m: {provider: mine, max_concurrent: 1}}", pools: "{}"));

        Assert.Equal(ProtocolId.Cohere, config.Providers["mine"].Protocol);
        Assert.Equal("https://example.com/x", config.Providers["mine"].BaseUrl);
    }

    [Fact]
    public void A_catalog_row_that_nobody_uses_is_not_judged() =>
        ConfigText.Valid(
            ConfigText.Minimal,
        catalog: "openai: {protocol: openai, base_url: 'https://example.com'}\nother: {protocol: nonsense, typo: '${UNSET}'}");

    [Fact]
    public void A_catalog_row_without_protocol_speaks_anthropic() =>
        Assert.Equal(ProtocolId.Anthropic, ConfigText.Valid(ConfigText.Minimal, catalog: "openai: {base_url: 'https://example.com'}")
            .Providers["openai"].Protocol);

    [Fact]
    [Trait("gotcha", "C34")]
    public void C34_two_spellings_of_one_key_are_an_error_and_either_alone_is_understood()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.WithPool("failover: {deadline_secs: 5, timeout_secs: 6}"));
        Assert.Contains("two spellings", error.Message);

        PoolConfig pool = ConfigText.Valid(ConfigText.WithPool(
            "failover: {timeout_secs: 6, max_hops: 2}, breaker: {trip: {window_secs: 9, consecutive_n: 4}}")).Pools["fast"];
        Assert.Equal((6, 2), (pool.Failover.DeadlineSecs, pool.Failover.Cap));
        Assert.Equal((9, 4), (pool.Breaker.WindowSecs, pool.Breaker.ConsecutiveN));
    }

    [Fact]
    public void Every_setting_reaches_its_place()
    {
        GatewayConfig config = ConfigText.Valid(
            """
            listen: "[::1]:9000"
            user_agent: acme/1
            response_headers: debug
            auth: {mode: none}
            providers:
              anthropic:
                api_key_env: [A, B]
                anthropic_version: "2023-06-01"
                region: eu-west-1
                http_version: 2
                auth: bearer
            models:
              m:
                provider: anthropic
                max_concurrent: 2
                upstream_model: claude
                attempt_timeout_ms: 1500
                first_content_timeout_ms: 2500
                default_max_tokens: 99
                rate_card: {input: 300, output: 1500, cache_read: 30, reasoning: 7}
            pools:
              p:
                members: [{target: m, context_max: 1000, attempt_timeout_ms: 10, first_content_timeout_ms: 30}]
                first_content_timeout_ms: 40
                strategy: least_cost
                commit: first_byte
                on_client_disconnect: drain
                queue: {max_ms: 50}
                affinity: {fallback: system}
            limits: {max_inbound_concurrent: 3, upstream_connect_timeout_secs: 4}
            governance: {enabled: true, admin_token: canary-admin-token, admin_read_token: canary-read-token, admin_listen: "127.0.0.1:1", on_store_error: closed, db_path: x.db}
            observability: {otlp_endpoint: "http://u:p%21@localhost:4318", request_log_webhook_url: "HTTPS://example.com/hook"}
            """,
            new FakeEnvironment(("A", "1"), ("B", "2")));

        ProviderConfig provider = config.Providers["anthropic"];
        Assert.Equal(UpstreamHttp.Http2, provider.Http);
        Assert.Equal(["1", "2"], provider.ApiKeys.Select(key => key.Reveal()));
        Assert.Equal(("2023-06-01", "eu-west-1", ProviderAuth.Bearer), (provider.AnthropicVersion, provider.Region, provider.Auth));
        ModelConfig model = config.Models["m"];
        Assert.Equal(("claude", 1500, 99L), (model.UpstreamModel, model.AttemptTimeoutMs, model.DefaultMaxTokens));
        Assert.Equal(new Rates(3_000_000, 15_000_000, 300_000, 3_000_000, 3_000_000, 70_000, 3_000_000, 15_000_000, 15_000_000),
            Assert.Single(model.RateCard!.Steps).Standard);
        PoolConfig pool = config.Pools["p"];
        Assert.Equal(PoolStrategy.LeastCost, pool.Strategy);
        Assert.Equal((2500, 30, 40), (model.FirstContentTimeoutMs, pool.Members[0].FirstContentTimeoutMs, pool.FirstContentTimeoutMs));
        Assert.Equal((CommitMode.FirstByte, DisconnectMode.Drain, 50, 10),
            (pool.Commit, pool.OnClientDisconnect, pool.QueueMaxMs, pool.Members[0].AttemptTimeoutMs));
        Assert.Equal(new AffinityConfig { Fallback = AffinityFallback.System }, pool.Affinity);
        Assert.Equal(("[::1]:9000", "acme/1", ResponseHeaderMode.Debug), (config.Listen, config.UserAgent, config.ResponseHeaders));
        Assert.Equal((3, 4), (config.Limits.MaxInboundConcurrent, config.Limits.UpstreamConnectTimeoutSecs));
        Assert.Equal((true, "x.db", "127.0.0.1:1", StoreErrorMode.Closed),
            (config.Governance.Enabled, config.Governance.DbPath, config.Governance.AdminListen, config.Governance.OnStoreError));
        Assert.Equal("http://localhost:4318/", config.Observability.OtlpEndpoint);
        Assert.Equal("https://example.com/hook", config.Observability.RequestLogWebhookUrl);
    }

    [Fact]
    public void A_key_that_stands_where_a_variable_name_belongs_is_not_shown()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.With(providers: "{openai: {api_key_env: sk-live-123}}"));

        Assert.DoesNotContain("sk-live", error.ToString());
        Assert.Contains("not the key itself", error.Remedy);
    }

    [Fact]
    public void A_key_file_is_read_and_trimmed_and_excludes_variables()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "sk-from-file\n");
        GatewayConfig config = ConfigText.Valid(ConfigText.With(providers: $"{{openai: {{api_key_file: '{file}'}}}}"));
        ConfigProblem both = ConfigText.OnlyError(ConfigText.WithProvider($"api_key_file: '{file}'"));
        File.Delete(file);

        Assert.Equal("sk-from-file", config.Providers["openai"].ApiKeys[0].Reveal());
        Assert.Equal("providers.openai.api_key_file", both.Path);
    }

    [Theory]
    [InlineData("0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("[::]:0", "[::]:0")]
    [InlineData("127.1:80", null)]
    [InlineData("::1:80", null)]
    [InlineData("example.com:80", null)]
    [InlineData(":80", null)]
    [InlineData("0.0.0.0", null)]
    [InlineData("0.0.0.0:-1", null)]
    [InlineData("[127.0.0.1]:80", null)]
    public void A_listen_address_is_an_address_and_a_port(string text, string? expected)
    {
        Assert.Equal(expected is not null, ListenAddress.TryParse(text, out System.Net.IPEndPoint endpoint));
        Assert.Equal(expected ?? "0.0.0.0:0", endpoint.ToString());
    }
}

using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Import;

public sealed class OtherGatewaysImportTests : IDisposable
{
    private readonly ImportRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Models_of_Bifrost_keep_their_names_and_its_keys_their_values()
    {
        using var run = new ImportRun { Environment = new FakeEnvironment(("TEAM_KEY", "sk-bf-from-a-variable")) };
        GatewayConfig config = run.Import("bifrost", """
            {
              "client": {"enforce_auth_on_inference": true, "max_request_body_size_mb": 3, "prometheus_labels": ["x"]},
              "providers": {
                "openai": {
                  "keys": [
                    {"name": "one", "value": "env.OPENAI_ONE", "models": ["gpt-4o"], "weight": 0.75},
                    {"name": "two", "value": "sk-literal-secret", "models": ["gpt-4o", "gpt-4o-mini"], "weight": 0.25}
                  ],
                  "network_config": {"default_request_timeout_in_seconds": 30, "max_retries": 2}
                },
                "anthropic": {"keys": [{"value": "env.ANTHROPIC_API_KEY", "models": ["*"]}], "concurrency_and_buffer_size": {"concurrency": 12, "buffer_size": 5}}
              },
              "governance": {
                "customers": [{"id": "c", "name": "Acme"}],
                "teams": [{"id": "t", "name": "Search", "customer_id": "c"}],
                "budgets": [{"id": "b", "max_limit": 12.5, "reset_duration": "1M", "virtual_key_id": "vk"}],
                "rate_limits": [{"id": "r", "request_max_limit": 100, "request_reset_duration": "1h"}],
                "virtual_keys": [
                  {"id": "vk", "name": "search", "value": "sk-bf-literal", "team_id": "t", "rate_limit_id": "r", "provider_configs": [{"provider": "openai", "allowed_models": ["gpt-4o"]}]},
                  {"id": "vk2", "name": "all", "value": "env.TEAM_KEY", "is_active": false}
                ]
              }
            }
            """, name: "config.json");

        Assert.Equal([3, 1], config.Pools["openai/gpt-4o"].Members.Select(member => (int)member.Weight));
        Assert.Equal("gpt-4o-mini", config.Models["openai/gpt-4o-mini"].UpstreamModel);
        Assert.Equal(12, (int)config.Models["anthropic/claude-opus-4-1"].MaxConcurrent);
        Assert.DoesNotContain("sk-", run.Yaml + run.Said);
        VirtualKey key = run.Stored().Keys.Single(one => one.Digest == KeyDigest.Of("sk-bf-literal"));
        Assert.Equal(["openai/gpt-4o"], key.AllowedPools);
        Assert.Equal([(LimitKind.Budget, LimitPeriod.Month, 1250L), (LimitKind.Requests, LimitPeriod.Hour, 100L)],
            key.Limits.Select(limit => (limit.Kind, limit.Period, limit.Max)));
        Group team = run.Stored().Groups.Single(group => group.Id == key.GroupId);
        Assert.Equal(("Search", "Acme"), (team.Name, run.Stored().Groups.Single(group => group.Id == team.ParentId).Name));
        Assert.False(run.Stored().Keys.Single(one => one.Digest == KeyDigest.Of("sk-bf-from-a-variable")).Enabled);
        Assert.Equal("unsupported", run.Label("client.prometheus_labels"));
    }

    [Theory]
    [InlineData("""{"strategy": {"mode": "fallback"}, "targets": [{"provider": "openai", "virtual_key": "openai-prod", "override_params": """ +
        """{"model": "gpt-4o"}}, {"virtual_key": "anthropic-1", "override_params": {"model": "claude-opus-4-1"}}], "retry": {"attempts": 3}}""",
    "gpt-4o,claude-opus-4-1", "Priority", "1,1")]
    [InlineData("""{"strategy": {"mode": "loadbalance"}, "targets": [{"provider": "openai", "api_key": "sk-secret", "weight": """ +
        """0.7, "override_params": {"model": "gpt-4o"}}, {"provider": "@mistral-ai-eu/mistral-large", "weight": 0.3}, """ +
        """{"provider": "groq", "weight": 0, "override_params": {"model": "none"}}], "override_params": {"model": "mistral-large"}}""",
    "gpt-4o,mistral-large", "Weighted", "7,3")]
    [InlineData("""{"provider": "openai", "api_key": "sk-secret", "override_params": {"model": "gpt-4o"}, "cache": {"mode": "semantic"}}""", "gpt-4o",
        "Weighted", "1")]
    public void A_config_of_Portkey_becomes_a_pool(string file, string models, string strategy, string weights)
    {
        GatewayConfig config = _run.Import("portkey", file.Replace("@mistral-ai-eu/mistral-large", "@mistral-ai-eu", StringComparison.Ordinal),
            name: "assistant.json");

        PoolConfig pool = config.Pools["assistant"];
        Assert.Equal(models, string.Join(',', pool.Members.Select(member => config.Models[member.Target].UpstreamModel)));
        Assert.Equal((strategy, weights), (pool.Strategy.ToString(), string.Join(',', pool.Members.Select(member => member.Weight))));
        Assert.DoesNotContain("sk-secret", _run.Yaml + _run.Said);
    }

    [Fact]
    public void A_load_balance_inside_a_fallback_is_a_pool_that_falls_back()
    {
        GatewayConfig config = _run.Import("portkey", """
            {"data": {"slug": "pc-main", "config": {"strategy": {"mode": "fallback", "on_status_codes": [429]}, "targets": [
              {"strategy": {"mode": "loadbalance"}, "targets": [
                {"provider": "openai", "weight": 1, "override_params": {"model": "a"}}, {"provider": "groq", "weight": 3, "override_params": {"model": "b"}}]},
              {"provider": "anthropic", "override_params": {"model": "c"}, "request_timeout": 1500}]}}}
            """, name: "x.json");

        PoolConfig first = config.Pools["pc-main"];
        Assert.Equal(["1", "3"], first.Members.Select(member => member.Weight.ToString()));
        PoolConfig second = config.Pools[first.OnExhausted.FallbackPool!];
        Assert.Equal(("c", 1500), (config.Models[second.Members[0].Target].UpstreamModel, config.Models[second.Members[0].Target].AttemptTimeoutMs));
    }

    [Theory]
    [InlineData("portkey", "{\"strategy\": {\"mode\": \"single\"}, \"targets\": [{\"provider\": \"openai\"}]}", "nothing to import")]
    [InlineData("portkey", "{\"targets\": 1}", "must be a list")]
    [InlineData("bifrost", "{\"providers\": []}", "must be a mapping")]
    [InlineData("bifrost", "{\"providers\": {\"nobody\": {\"keys\": []}}}", "no provider is known as 'nobody'")]
    [InlineData("bifrost", "{", "not valid YAML")]
    public void What_cannot_be_read_is_told_and_nothing_is_written(string kind, string file, string complaint)
    {
        Assert.Equal(1, _run.Run(kind, file));
        Assert.Contains(complaint, _run.Complaint);
        Assert.False(Path.Exists(_run.Out));
    }

    [Fact]
    public void A_gateway_that_nobody_knows_is_a_wrong_argument() => Assert.Equal(2, _run.Run("other", "{}"));
}

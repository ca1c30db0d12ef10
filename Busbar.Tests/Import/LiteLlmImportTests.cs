using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Pools;
using Busbar.Configuration.Model.Providers;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Import;

public sealed class LiteLlmImportTests : IDisposable
{
    private readonly ImportRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Deployments_of_one_name_become_a_pool_that_clients_ask_for_as_before()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list:
              - model_name: gpt-4o
                litellm_params:
                  model: azure/gpt-4o-eu
                  api_base: https://eu.openai.azure.com/
                  api_key: os.environ/AZURE_KEY_EU
                  api_version: "2024-08-01-preview"
                  rpm: 300
              - model_name: gpt-4o
                litellm_params:
                  model: openai/gpt-4o-2024-11-20
                  api_key: os.environ/OPENAI_API_KEY
                  rpm: 900
              - model_name: sonnet
                litellm_params: {model: claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY, max_parallel_requests: 7, timeout: 2.5}
            """);

        PoolConfig pool = Assert.Single(config.Pools.Values);
        Assert.Equal("gpt-4o", pool.Name);
        Assert.Equal([1, 3], pool.Members.Select(member => (int)member.Weight));
        ModelConfig azure = config.Models[pool.Members[0].Target];
        Assert.Equal("https://eu.openai.azure.com", config.Providers[azure.Provider].BaseUrl);
        Assert.Equal("2024-08-01-preview", config.Providers[azure.Provider].ApiVersion);
        Assert.Equal(["AZURE_KEY_EU"], config.Providers[azure.Provider].ApiKeyEnv);
        Assert.Equal("gpt-4o-2024-11-20", config.Models[pool.Members[1].Target].UpstreamModel);
        ModelConfig sonnet = config.Models["sonnet"];
        Assert.Equal(("anthropic", "claude-sonnet-4-5", 7), (sonnet.Provider, sonnet.UpstreamModel, (int)sonnet.MaxConcurrent));
        Assert.Equal("0.0.0.0:4000", config.Listen);
        Assert.Equal("exact", _run.Label("model_list[0].litellm_params.api_version"));
        Assert.Equal(900, config.Models[pool.Members[1].Target].Rpm);
        Assert.Contains("config.yaml:8", _run.Said);
    }

    [Theory]
    [InlineData("openai/gpt-4o", "", "openai", "gpt-4o", "OpenAI")]
    [InlineData("openai/responses/gpt-5", "", "responses", "gpt-5", "Responses")]
    [InlineData("gpt-4o", "", "openai", "gpt-4o", "OpenAI")]
    [InlineData("anthropic/claude-opus-4-1", "", "anthropic", "claude-opus-4-1", "Anthropic")]
    [InlineData("gemini/gemini-2.5-pro", "", "gemini", "gemini-2.5-pro", "Gemini")]
    [InlineData("cohere_chat/command-a", "", "cohere", "command-a", "Cohere")]
    [InlineData("groq/llama-3.3-70b-versatile", "", "groq", "llama-3.3-70b-versatile", "OpenAI")]
    [InlineData("mistral/mistral-large-latest", "", "mistral", "mistral-large-latest", "OpenAI")]
    [InlineData("together_ai/meta-llama/Llama-3", "", "together", "meta-llama/Llama-3", "OpenAI")]
    [InlineData("openrouter/anthropic/claude-3.5", "", "openrouter", "anthropic/claude-3.5", "OpenAI")]
    [InlineData("bedrock/converse/eu.amazon.nova-pro-v1:0", "aws_region_name: eu-west-1", "bedrock", "eu.amazon.nova-pro-v1:0", "Bedrock")]
    [InlineData("bedrock/us-west-2/anthropic.claude-v2", "", "bedrock", "anthropic.claude-v2", "Bedrock")]
    [InlineData("vertex_ai/gemini-2.5-flash", "vertex_project: p", "vertex", "gemini-2.5-flash", "Gemini")]
    [InlineData("vertex_ai/claude-sonnet-4-5", "vertex_project: p, vertex_location: us-east5", "vertex-claude", "claude-sonnet-4-5", "Anthropic")]
    [InlineData("vertex_ai/meta/llama-4", "vertex_project: p", "vertex-openai", "meta/llama-4", "OpenAI")]
    [InlineData("hosted_vllm/qwen", "api_base: 'http://10.1.2.3:8000/v1'", "vllm", "qwen", "OpenAI")]
    [InlineData("ollama_chat/llama3", "", "ollama", "llama3", "OpenAI")]
    [InlineData("meta-llama/Llama-3-8b", "api_base: 'http://tgi.local:80/v1', custom_llm_provider: openai", "openai", "meta-llama/Llama-3-8b",
        "OpenAI")]
    [InlineData("perplexity/sonar-pro", "", "perplexity", "sonar-pro", "OpenAI")]
    public void A_prefix_names_the_provider(string model, string more, string provider, string upstream, string protocol)
    {
        GatewayConfig config =
            _run.Import("litellm", $"model_list: [{{model_name: m, litellm_params: {{model: '{model}'{(more.Length > 0 ? ", " + more : "")}}}}}]");

        Assert.Equal((provider, upstream), (config.Models["m"].Provider, config.Models["m"].UpstreamModel));
        Assert.Equal(protocol, config.Providers[provider].Protocol.ToString());
    }

    [Fact]
    public void The_address_of_a_server_is_called_as_the_client_of_OpenAI_would()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list:
              - {model_name: a, litellm_params: {model: openai/x, api_base: "https://one.example/v1/", api_key: k}}
              - {model_name: b, litellm_params: {model: openai/x, api_base: "https://two.example/api", api_key: k}}
              - {model_name: c, litellm_params: {model: openai/x, api_base: os.environ/UNSET_BASE, api_key: k}}
            """);

        Assert.Equal([("https://one.example/v1", null), ("https://two.example/api", "/chat/completions"),
            ("https://set-unset-base.invalid", "/chat/completions")],
            config.Models.Values.Select(model => config.Providers[model.Provider]).Select(provider => (provider.BaseUrl, provider.Path)));
        Assert.Equal("by hand", _run.Label("model_list[2].litellm_params.api_base"));
    }

    [Fact]
    public void Secrets_of_the_file_are_kept_in_files_that_only_their_owner_reads_and_never_said()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list: [{model_name: m, litellm_params: {model: openai/gpt-4o, api_key: sk-proj-very-secret}}]
            environment_variables: {OTHER: "also-secret"}
            """);

        ProviderConfig provider = config.Providers["openai"];
        Assert.Equal("sk-proj-very-secret", Assert.Single(provider.ApiKeys).Reveal());
        Assert.DoesNotContain("very-secret", _run.Said + _run.Complaint + _run.Yaml);
        Assert.DoesNotContain("also-secret", _run.Said + _run.Complaint + _run.Yaml);
        Assert.Equal("OTHER=\"also-secret\"\n", File.ReadAllText(Path.Combine(_run.Out, "environment")));
        foreach (string file in Directory.GetFiles(_run.Out, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void Fallbacks_keep_their_order_and_a_ring_of_them_is_cut()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list:
              - {model_name: a, litellm_params: {model: openai/a}}
              - {model_name: b, litellm_params: {model: anthropic/b}}
              - {model_name: c, litellm_params: {model: groq/c}}
            router_settings:
              fallbacks: [{a: [b, c]}, {b: [a]}, {c: [c2]}]
              num_retries: 2
              allowed_fails: 3
              cooldown_time: 45
            """);

        Assert.Equal([["a"], ["b"], ["c"]], Way("a"));
        Assert.Equal(["b", "a"], Way("b").Select(pool => pool[0]).Take(2));
        Assert.Equal("by hand", _run.Label("no model 'c2'"));
        Assert.All(config.Pools.Values, pool => Assert.Equal(
            (2, TripMode.Consecutive, 4), (pool.Failover.Cap, pool.Breaker.Mode, (int)pool.Breaker.ConsecutiveN)));

        string[][] Way(string name)
        {
            List<string[]> way = [];
            for (string? at = name; at is not null && way.Count < 10; at = config.Pools[at].OnExhausted.FallbackPool)
            {
                way.Add([.. config.Pools[at].Members.Select(member => config.Models[member.Target].UpstreamModel)]);
            }

            return [.. way];
        }
    }

    [Fact]
    public void Aliases_order_and_strategies_are_taken_over()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list:
              - {model_name: a, litellm_params: {model: openai/second, order: 2}}
              - {model_name: a, litellm_params: {model: openai/first, order: 1}}
              - {model_name: b, litellm_params: {model: openai/x, weight: 0.9}}
              - {model_name: b, litellm_params: {model: openai/y, weight: 0.1}}
            router_settings:
              routing_strategy: latency-based-routing
              model_group_alias: {gpt-4: b, hidden: {model: b, hidden: true}, nothing: zzz}
            """);

        Assert.Equal(PoolStrategy.Priority, config.Pools["a"].Strategy);
        Assert.Equal("first", config.Models[config.Pools["a"].Members[0].Target].UpstreamModel);
        Assert.Equal(PoolStrategy.LeastLatency, config.Pools["b"].Strategy);
        Assert.Equal([9, 1], config.Pools["gpt-4"].Members.Select(member => (int)member.Weight));
        Assert.Equal("exact", _run.Label("model_group_alias.gpt-4"));
        Assert.Equal("approximate", _run.Label("model_group_alias.hidden"));
        Assert.Equal("by hand", _run.Label("model_group_alias.nothing"));
    }

    [Fact]
    public void A_pool_keeps_its_name_where_a_provider_has_the_same()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list:
              - {model_name: groq, litellm_params: {model: groq/a}}
              - {model_name: groq, litellm_params: {model: groq/b}}
            """);

        Assert.Equal(["groq"], config.Pools.Keys);
        Assert.Equal("https://api.groq.com/openai", config.Providers["groq-api"].BaseUrl);
    }

    [Fact]
    public void A_pattern_stands_for_the_models_that_the_price_list_knows()
    {
        GatewayConfig config = _run.Import("litellm", "model_list: [{model_name: 'anthropic/*', litellm_params: {model: 'anthropic/*'}}]");

        Assert.Contains("anthropic/claude-opus-4-1", config.Models.Keys);
        Assert.Equal("claude-opus-4-1", config.Models["anthropic/claude-opus-4-1"].UpstreamModel);
        Assert.Equal("approximate", _run.Label("litellm_params.model:"));
    }

    [Fact]
    public void Merge_keys_are_expanded_and_what_stands_there_goes_first()
    {
        GatewayConfig config = _run.Import("litellm", """
            model_list:
              - model_name: a
                litellm_params: &base {model: openai/a, api_key: os.environ/ONE, timeout: 7}
              - model_name: b
                litellm_params: {<<: *base, model: openai/b}
            """);

        Assert.Equal(("b", 7000), (config.Models["b"].UpstreamModel, config.Models["b"].AttemptTimeoutMs));
        Assert.Equal("openai", config.Models["b"].Provider);
    }

    [Fact]
    public void The_master_key_administers_and_opens_requests_as_before()
    {
        const string Master = "sk-a-master-key-that-is-long";
        using var run = new ImportRun { Environment = new FakeEnvironment(("LITELLM_MASTER_KEY", Master)) };
        GatewayConfig config = run.Import("litellm", """
            model_list: [{model_name: m, litellm_params: {model: openai/gpt-4o}}]
            general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}
            """);

        Assert.Equal(Master, config.Governance.AdminToken!.Reveal());
        Assert.DoesNotContain(Master, run.Yaml + run.Said + run.Complaint);
        Assert.Equal(Busbar.Governance.Keys.KeyDigest.Of(Master), Assert.Single(run.Stored().Keys).Digest);
        Assert.Equal("exact", run.Label("general_settings.master_key"));
    }

    [Theory]
    [InlineData("general_settings: {master_key: sk-1234}", "approximate")]
    [InlineData("general_settings: {master_key: os.environ/NOT_SET}", "by hand")]
    public void A_master_key_that_cannot_administer_is_replaced_by_a_drawn_token(string settings, string label)
    {
        GatewayConfig config = _run.Import("litellm", $"model_list: [{{model_name: m, litellm_params: {{model: openai/gpt-4o}}}}]\n{settings}");

        Assert.Matches("^[0-9a-f]{64}$", config.Governance.AdminToken!.Reveal());
        Assert.DoesNotContain(config.Governance.AdminToken.Reveal(), _run.Said + _run.Complaint);
        Assert.Equal(label, _run.Label("general_settings.master_key"));
    }

    [Fact]
    public void Every_setting_has_a_label_and_what_is_unknown_is_unsupported()
    {
        _run.Import("litellm", """
            model_list:
              - model_name: m
                litellm_params: {model: openai/gpt-4o, seed: 7}
                model_info: {id: "1", supports_vision: true}
                extra: 1
            litellm_settings: {cache: true, callbacks: [langfuse, prometheus], json_logs: true, made_up: 1}
            general_settings: {global_max_parallel_requests: 9, max_request_size_mb: 2, ui_access_mode: all}
            router_settings: {redis_host: h}
            guardrails: []
            """);

        foreach (string setting in (string[])["litellm_params.seed", "model_info.id", "supports_vision", "model_list[0].extra",
            "litellm_settings.made_up", "ui_access_mode", "redis_host", "guardrails", "litellm_settings.cache"])
        {
            Assert.Equal("unsupported", _run.Label(setting + ":"));
        }

        Assert.Equal("by hand", _run.Label("'langfuse'"));
        Assert.Equal("exact", _run.Label("'prometheus'"));
        Assert.Contains("max_inbound_concurrent: 9", _run.Yaml);
        Assert.Contains("request_body_max_bytes: 2097152", _run.Yaml);
        Assert.Equal(_run.Said, File.ReadAllText(Path.Combine(_run.Out, "import.txt")));
    }

    [Theory]
    [InlineData("model_list: [", "not valid YAML")]
    [InlineData("- a", "must be a mapping")]
    [InlineData("", "not a configuration")]
    [InlineData("model_list: 7", "model_list")]
    [InlineData("model_list: [7]", "model_list[0]")]
    [InlineData("model_list: [{litellm_params: {model: a}}]", "'model_name' is required")]
    [InlineData("model_list: [{model_name: a}]", "'litellm_params' is required")]
    [InlineData("model_list: [{model_name: a, litellm_params: {model: [x]}}]", "litellm_params.model (")]
    [InlineData("model_list: [{model_name: a, litellm_params: {model: openai/x, rpm: many}}]", "must be a number")]
    [InlineData("model_list: [{model_name: a, litellm_params: {model: openai/x, timeout: -1}}]", "seconds above 0")]
    [InlineData("model_list: [{model_name: admin, litellm_params: {model: openai/x}}]", "reserved")]
    [InlineData("model_list: [{model_name: a, litellm_params: &x {model: openai/x, <<: *x}}]", "inside the value it names")]
    [InlineData("model_list: [{model_name: a, litellm_params: {<<: 7, model: openai/x}}]", "must be followed by a mapping")]
    [InlineData("model_list: [{model_name: a, litellm_params: {model: sagemaker/x}}]", "no provider is known for 'sagemaker/x'")]
    [InlineData("model_list: []", "nothing to import")]
    public void What_cannot_be_read_is_told_with_its_place_and_nothing_is_written(string config, string complaint)
    {
        Assert.Equal(1, _run.Run("litellm", config));
        Assert.Contains(complaint, _run.Complaint);
        Assert.False(Path.Exists(_run.Out));
    }

    [Fact]
    public void A_file_that_is_too_large_is_refused() =>
        Assert.Equal((1, true), (_run.Run("litellm", new string('#', 1 << 21)), _run.Complaint.Contains("larger than", StringComparison.Ordinal)));

    [Fact]
    public void Nothing_that_is_there_is_replaced()
    {
        _run.Import("litellm", "model_list: [{model_name: m, litellm_params: {model: openai/gpt-4o}}]");
        string before = _run.Yaml;

        Assert.Equal(1, _run.Run("litellm", "model_list: [{model_name: other, litellm_params: {model: openai/gpt-4o}}]"));
        Assert.Contains("is there already", _run.Complaint);
        Assert.Equal(before, _run.Yaml);
    }
}

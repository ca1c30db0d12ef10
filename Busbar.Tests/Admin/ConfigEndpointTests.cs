using System.Text.Json;
using Busbar.Configuration;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Admin;

/// <summary>The configuration in force says of each value where it comes from (lesson 32).</summary>
public sealed class ConfigEndpointTests
{
    private const string Everything = """
        listen: 127.0.0.1:9000
        tls: {cert_file: cert.pem, key_file: key.pem}
        auth: {mode: token, client_tokens: [canary-token], jwt: [{issuer: "https://issuer.example", audience: a}]}
        governance: {enabled: true, admin_token: canary-admin-token}
        providers:
          openai: {api_key_env: OPENAI_KEY, error_map: {x: auth}, health: {mode: dead}}
          bedrock: {region: us-east-1, identity: {type: aws}}
        models:
          small: {provider: openai, max_concurrent: 4, capabilities: {sampling: true}, rate_card: {input: 3, output: 4}}
        pools:
          fast: {members: [{target: small}], affinity: {mode: session}}
        """;

    [Fact]
    public async Task Each_value_has_its_origin_and_a_secret_only_its_presence()
    {
        await using var scene = new AdminScene();
        Dictionary<string, JsonElement> values = (await scene.SendAsync("GET", "/admin/config")).Json.GetProperty("values").EnumerateArray()
            .ToDictionary(row => row.GetProperty("path").GetString()!);

        Assert.Equal("default", Source("limits.shutdown_drain_secs"));
        Assert.Equal(30, values["limits.shutdown_drain_secs"].GetProperty("value").GetInt32());
        Assert.Equal("file", Source("models.small.max_concurrent"));
        Assert.True(values["models.small.max_concurrent"].GetProperty("origin").GetProperty("line").GetInt32() > 0);
        Assert.Equal("present", values["governance.admin_token"].GetProperty("secret").GetString());
        Assert.False(values["governance.admin_token"].TryGetProperty("value", out _));
        Assert.Contains("providers.yaml", values["providers.openai.base_url"].GetProperty("origin").GetProperty("file").GetString());

        string Source(string path) => values[path].GetProperty("origin").GetProperty("source").GetString()!;
    }

    [Fact]
    public void A_value_made_of_variables_names_them_even_when_it_is_secret()
    {
        GatewayConfig config = ConfigText.Valid(
            ConfigText.With(more: "governance: {enabled: true, admin_token: '${ADMIN}-${MORE}'}\nuser_agent: ${ADMIN}"),
            new FakeEnvironment(("OPENAI_KEY", "k"), ("ADMIN", "canary-admin-token"), ("MORE", "x")));

        Assert.Equal(["ADMIN", "MORE"], config.Origins.Find("governance.admin_token")!.Variables);
        Assert.Equal(["ADMIN"], config.Origins.Find("user_agent")!.Variables);
        Assert.Null(config.Origins.Find("limits.shutdown_drain_secs"));
    }

    [Fact]
    public void Every_key_of_the_configuration_is_listed()
    {
        GatewayConfig config = ConfigText.Load(Everything, new FakeEnvironment(("OPENAI_KEY", "k"))).Config
            ?? ConfigText.Valid(Everything.Replace("tls: {cert_file: cert.pem, key_file: key.pem}", ""), new FakeEnvironment(("OPENAI_KEY", "k")));
        HashSet<string> paths = [.. EffectiveConfig.Values(config).Select(value => value.Path
            .Replace("providers.openai", "providers.*").Replace("providers.bedrock", "providers.*").Replace("models.small", "models.*")
                .Replace("pools.fast", "pools.*")
                .Replace("members[0]", "members[]").Replace("jwt[0]", "jwt[]"))];
        IEnumerable<string> keys =
            from set in ConfigKeys.All
            from key in set.Keys
            let path = set.Path.Length == 0 ? key : $"{set.Path}.{key}"
            where path is not ("auth.token" or "auth.jwt[].required_claims" or "auth.jwt[].groups" or "auth.jwt[].pools" or "providers.*.error_map"
                or "providers.*.identity.tags"
                or "providers.*.deployments" or "providers.*.headers" or "observability.otlp.headers" or "observability.request_log_webhook.headers"
                or "observability.alert_webhook.headers") && !path.StartsWith("auth.client_tokens[]", StringComparison.Ordinal)
                && !path.StartsWith("models.*.capabilities.", StringComparison.Ordinal)
            where !ConfigKeys.All.Any(block => block.Path == path || block.Path == $"{path}.*" || block.Path == $"{path}[]")
            where !paths.Any(listed => listed.StartsWith($"{path}.", StringComparison.Ordinal))
            select path;

        Assert.Empty(keys.Distinct().Except(paths));
        Assert.Contains("providers.*.error_map.x", paths);
        Assert.Contains("models.*.capabilities.sampling", paths);
    }

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF", true)]
    [InlineData("ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=", true)]
    [InlineData("  ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=\n", true)]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddee", false)]
    [InlineData("0011223344556677889 aabbccddeeff00112233445566778899aabbccddeeff", false)]
    [InlineData("ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v9=x", false)]
    [InlineData("canary-master-key", false)]
    [InlineData("", false)]
    public void A_master_key_is_32_bytes_in_hexadecimal_or_Base64(string text, bool isKey)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, text);
        try
        {
            foreach (string more in (string[])["master_key_env: MASTER", $"master_key_file: {file}"])
            {
                ConfigResult result = ConfigText.Load(
                    ConfigText.With(more: $"governance: {{enabled: true, admin_token: canary-admin-token, {more}}}"),
                    new FakeEnvironment(("OPENAI_KEY", "k"), ("MASTER", text)));

                Assert.Equal(isKey, result.Config?.Governance.MasterKey is not null);
                Assert.Equal(isKey ? 0 : 1, result.Errors.Count());
                Assert.All(result.Problems, problem => Assert.DoesNotContain("canary", problem.ToString()));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}

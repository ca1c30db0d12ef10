using System.Text.Json;
using Busbar.Configuration;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Admin.Process;

/// <summary>What a reload would do is known before it is done.</summary>
public sealed class ConfigPreviewTests
{
    private const string Governance =
        $"governance: {{enabled: true, admin_token: {AdminScene.Token}, admin_read_token: {AdminScene.ReadToken}, price_per_request_cents: 1, " +
        $"master_key_env: MASTER}}";

    private static readonly FakeEnvironment Environment = new(
        ("OPENAI_KEY", "canary-provider-key"), ("OTHER_KEY", "canary-other-key"), ("MASTER", AdminScene.MasterKey));

    [Fact]
    public async Task Files_that_say_the_same_change_nothing()
    {
        await using var scene = new AdminScene();
        JsonElement preview = await PreviewAsync(scene, ConfigText.With(more: Governance));

        Assert.True(preview.GetProperty("valid").GetBoolean());
        Assert.Empty(preview.GetProperty("changes").EnumerateArray());
        Assert.Empty(preview.GetProperty("effects").EnumerateArray());
    }

    [Fact]
    public async Task A_key_that_is_locked_out_is_named_and_another_is_not()
    {
        await using var scene = new AdminScene();
        await scene.CreateAsync("""{"name":"search","allowed_pools":["fast"]}""");
        await scene.CreateAsync("""{"name":"payments","allowed_pools":["fast","small"]}""");
        string[] effects = Effects(await PreviewAsync(scene, ConfigText.With(pools: "{other: {members: [{target: small}]}}", more: Governance)));

        Assert.Contains(effects, effect => effect.StartsWith("this locks out key 'search'", StringComparison.Ordinal));
        Assert.Contains(effects, effect => effect.StartsWith("key 'payments'", StringComparison.Ordinal)
            && effect.EndsWith("loses 'fast'", StringComparison.Ordinal));
        Assert.Contains(effects, effect => effect.StartsWith("the pool 'fast' is gone", StringComparison.Ordinal));
        Assert.NotNull(scene.Gateway.Fleet.Resolve("fast"));
    }

    [Fact]
    public async Task A_secret_that_changes_is_said_to_change_and_never_shown()
    {
        await using var scene = new AdminScene();
        string text = ConfigText.With(
            auth: "{mode: token, client_tokens: [canary-new-token]}",
            providers: "{openai: {api_key_env: OTHER_KEY}}",
            more: Governance.Replace(AdminScene.Token, "canary-new-admin-token"));
        JsonElement preview = await PreviewAsync(scene, text);
        string[] paths = [.. preview.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("path").GetString()!)];

        Assert.Contains("providers.openai.api_key", paths);
        Assert.Contains("auth.client_tokens", paths);
        Assert.Contains("governance.admin_token", paths);
        Assert.Contains("the admin token changes", Effects(preview)[0]);
        Assert.DoesNotContain("canary", preview.GetRawText());
    }

    [Fact]
    public async Task Values_are_told_with_their_line_and_whether_they_wait_for_a_restart()
    {
        await using var scene = new AdminScene();
        JsonElement preview = await PreviewAsync(scene, ConfigText.With(
            models: "{small: {provider: openai, max_concurrent: 7}}", more: Governance + "\nlisten: 127.0.0.1:9"));
        JsonElement[] changes = [.. preview.GetProperty("changes").EnumerateArray()];
        JsonElement permits = changes.Single(change => change.GetProperty("path").GetString() == "models.small.max_concurrent");

        Assert.Equal(("4", "7", "changed"), (permits.GetProperty("before").GetString(), permits.GetProperty("after").GetString(),
            permits.GetProperty("kind").GetString()));
        Assert.True(permits.GetProperty("line").GetInt32() > 0);
        Assert.Equal(["listen"], changes.Where(change => change.GetProperty("needs_restart").GetBoolean())
            .Select(change => change.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task Files_with_errors_are_refused_with_their_problems()
    {
        await using var scene = new AdminScene();
        scene.Gateway.NextReload = ConfigText.Load(ConfigText.With(models: "{small: {provider: nobody, max_concurrent: 4}}", more: Governance),
            Environment);
        JsonElement preview = (await scene.SendAsync("GET", "/admin/config/preview")).Json;

        Assert.False(preview.GetProperty("valid").GetBoolean());
        Assert.Equal("error", preview.GetProperty("problems")[0].GetProperty("severity").GetString());
    }

    private static async Task<JsonElement> PreviewAsync(AdminScene scene, string yaml)
    {
        ConfigResult next = ConfigText.Load(yaml, Environment);
        Assert.NotNull(next.Config);
        scene.Gateway.NextReload = new ConfigResult(next.Config, [.. next.Problems, .. RestartOnly.Problems(scene.Gateway.Config, next.Config)]);
        AdminAnswer answer = await scene.SendAsync("GET", "/admin/config/preview", token: AdminScene.ReadToken);
        Assert.Equal(200, answer.Status);
        return answer.Json;
    }

    private static string[] Effects(JsonElement preview) => [
        .. preview.GetProperty("effects").EnumerateArray().Select(effect => effect.GetString()!)];
}

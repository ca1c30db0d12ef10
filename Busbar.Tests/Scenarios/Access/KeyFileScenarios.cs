using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Access;

/// <summary>Provider keys that stand in files.</summary>
public sealed class KeyFileScenarios
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_changed_key_is_used_without_a_reload_and_a_missing_file_stops_one(string protocol)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "  sk-ant-api-canary-one \n");
            var config = new SceneConfig(spoken) { KeyFile = file };
            await using Scene scene = await Scene.StartAsync(config);
            scene.Upstream.Always = call => spoken.ServeAsync(call);

            await PresentsAsync(scene, spoken, "sk-ant-api-canary-one");

            // Rotated in two steps, as editors do: an empty file is not a key.
            await File.WriteAllTextAsync(file, "");
            await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("the former key stays in use", StringComparison.Ordinal),
                "the empty file was seen");
            await PresentsAsync(scene, spoken, "sk-ant-api-canary-one");
            await File.WriteAllTextAsync(file, "sk-ant-api-canary-two\n");
            await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("has changed and is in use now", StringComparison.Ordinal),
                "the new key was seen");
            await PresentsAsync(scene, spoken, "sk-ant-api-canary-two");

            // Without its file a configuration is refused, and the one in force keeps its key.
            File.Delete(file);
            scene.Reload(config);
            await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("configuration not reloaded", StringComparison.Ordinal), "refused");
            await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("providers.p0.api_key_file", StringComparison.Ordinal), "providers.p0.api_key_file");
            await PresentsAsync(scene, spoken, "sk-ant-api-canary-two");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_key_that_is_refused_is_read_again_from_its_file_however_it_got_there()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "sk-canary-one");
            DateTime written = File.GetLastWriteTimeUtc(file);
            await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { KeyFile = file });
            scene.Upstream.Always = call => call.Request["Authorization"] == "Bearer sk-canary-two" ? spoken.ServeAsync(call)
                : call.AnswerAsync(401, spoken.Error("invalid_api_key", "no"));

            // Another text of the same length and time, as some tools write it.
            await File.WriteAllTextAsync(file, "sk-canary-two");
            File.SetLastWriteTimeUtc(file, written);
            spoken.IsEnvelope(await scene.PostAsync(spoken), 503);

            await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("has changed and is in use now", StringComparison.Ordinal),
                "the new key was read");
            Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task PresentsAsync(Scene scene, SpokenProtocol spoken, string key)
    {
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Equal(key, spoken.CredentialOf(scene.Upstream.Requests[^1])!.Replace("Bearer ", ""));
    }
}

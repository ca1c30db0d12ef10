using Busbar.Admin;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Tests.Admin;

/// <summary>Secrets of every kind, looked for in everything that the admin API says, logs and formats.</summary>
public sealed class SecrecyTests
{
    [Fact]
    public async Task A_secret_is_in_the_answer_that_made_it_and_nowhere_else()
    {
        await using var scene = new AdminScene();
        List<string> secrets = [AdminScene.Token, AdminScene.ReadToken, AdminScene.MasterKey, "canary-provider-key", "caller-token"];
        List<string> texts = [];
        (string id, string secret) = await scene.CreateAsync();
        secrets.AddRange([secret, KeyDigest.Of(secret).ToHex()]);
        string rotated = (await scene.SendAsync("POST", $"/admin/keys/{id}/rotate", """{"overlap_seconds":5}""")).Text("secret");
        secrets.AddRange([rotated, KeyDigest.Of(rotated).ToHex()]);
        secrets.Add((await scene.SendAsync("PUT", $"/admin/keys/{id}/access-key")).Text("secret_access_key"));
        foreach (AdminRoute route in AdminRoutes.All.Where(route => route.Action
            is not (AdminAction.CreateKey or AdminAction.RotateKey or AdminAction.AttachAccessKey)))
        {
            AdminAnswer answer = await scene.SendAsync(route.Method, route.Pattern.Replace("{id}", id).Replace("{lane}", "small"));
            texts.Add(answer.Body);
        }

        VirtualKey key = new() { Id = "vk", Digest = KeyDigest.Of(secret), FormerDigest = KeyDigest.Of(rotated), Name = "n", AccessKey =
            SecretBox.Of(scene.Gateway.Config.Governance)!.Seal("vk", "AKBB", new("canary-sealed")) };
        secrets.Add("canary-sealed");
        texts.AddRange(
        [
            scene.Log.Text, $"{key}", $"{key.AccessKey}", $"{new KeyReply(KeyStatus.Done, key, new(secret))}", $"{scene.Gateway.Config}",
            $"{scene.Gateway.Config.Governance}",
            $"{new AdminGate(scene.Gateway.Config.Governance)}", $"{scene.Gateway.Config.Governance.MasterKey}",
            $"{new StoredGovernance([key], [], [])}",
        ]);
        Assert.Equal(38, texts.Count);
        Assert.All(texts, text => Assert.All(secrets, canary => Assert.DoesNotContain(canary, text)));
    }
}

using Busbar.Admin;

namespace Busbar.Tests.Admin;

public sealed class AdminGateTests
{
    [Theory]
    [InlineData("Authorization", "Bearer " + AdminScene.Token)]
    [InlineData("Authorization", "bearer " + AdminScene.Token)]
    [InlineData("x-admin-token", AdminScene.Token)]
    [InlineData("X-Admin-Token", AdminScene.ReadToken)]
    public async Task A_token_is_accepted_in_either_carrier(string header, string value)
    {
        await using var scene = new AdminScene();

        Assert.Equal(200, (await scene.SendAsync("GET", "/admin/keys", null, (header, value))).Status);
    }

    [Theory]
    [Trait("gotcha", "C98")]
    [InlineData("x-api-key", AdminScene.Token)]
    [InlineData("x-goog-api-key", AdminScene.Token)]
    [InlineData("api-key", AdminScene.Token)]
    [InlineData("Authorization", AdminScene.Token)]
    [InlineData("Authorization", "Basic " + AdminScene.Token)]
    [InlineData("Authorization", "Bearer  " + AdminScene.Token)]
    [InlineData("Authorization", "Bearer " + AdminScene.Token + " ")]
    [InlineData("Authorization", "Bearer canary-admin-tokem")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("x-admin-token", "")]
    [InlineData("x-admin-token", "   ")]
    [InlineData("x-none", "")]
    public async Task C98_anything_else_is_refused_in_the_same_words(string header, string value)
    {
        await using var scene = new AdminScene();
        AdminAnswer answer = await scene.SendAsync("GET", "/admin/keys", null, (header, value));

        Assert.Equal((401, "invalid_admin_token"), (answer.Status, answer.Code));
        Assert.Equal(answer.Body, (await scene.SendAsync("DELETE", "/admin/no/such/path", null, (header, value))).Body);
    }

    [Fact]
    public async Task Every_failed_login_is_counted_and_one_a_minute_is_logged_with_its_address()
    {
        await using var scene = new AdminScene();
        int Lines() => scene.Log.Text.Split("a call from 192.0.2.7 was refused").Length - 1;
        Assert.Equal(200, (await scene.SendAsync("GET", "/admin/keys")).Status);
        Assert.Equal((0L, 0), (scene.Rejections.Value, Lines()));

        for (int call = 0; call < 5; call++)
        {
            Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys", token: "canary-guess")).Status);
        }

        Assert.Equal((5L, 1), (scene.Rejections.Value, Lines()));
        scene.Time.Advance(TimeSpan.FromSeconds(60));
        await scene.SendAsync("GET", "/admin/keys", token: "canary-guess");
        Assert.Equal((6L, 2), (scene.Rejections.Value, Lines()));
        Assert.Contains("; 5 since", scene.Log.Text);
        Assert.DoesNotContain("canary", scene.Log.Text);
    }

    [Fact]
    [Trait("gotcha", "C99")]
    public async Task C99_a_blank_header_is_absent_even_where_a_token_is_blank()
    {
        await using var scene = new AdminScene();
        scene.Gateway.Config = scene.Gateway.Config with
        {
            Governance = scene.Gateway.Config.Governance with { AdminToken = new(" "), AdminReadToken = new("") },
        };

        Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys", null, ("x-admin-token", " "))).Status);
        Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys", null, ("x-admin-token", ""))).Status);
        Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys", null, ("Authorization", "Bearer  "))).Status);
    }

    [Fact]
    [Trait("gotcha", "C100")]
    public async Task C100_a_wrong_bearer_beside_a_right_header_is_admitted()
    {
        await using var scene = new AdminScene();

        Assert.Equal(200, (await scene.SendAsync("GET", "/admin/keys", null, ("Authorization", "Bearer wrong"), ("x-admin-token", AdminScene.Token)))
            .Status);
        Assert.Equal(200, (await scene.SendAsync("GET", "/admin/keys", null, ("Authorization", $"Bearer {AdminScene.Token}"),
            ("x-admin-token", "wrong"))).Status);
    }

    [Theory]
    [Trait("gotcha", "C101")]
    [InlineData("/admin", true)]
    [InlineData("/admin/", true)]
    [InlineData("/admin/keys", true)]
    [InlineData("/adminx/v1/messages", false)]
    [InlineData("/admin_portal/v1/messages", false)]
    [InlineData("/Admin/keys", false)]
    [InlineData("/v1/admin/keys", false)]
    public void C101_only_the_exact_segment_is_the_admin_api(string path, bool isAdmin) => Assert.Equal(isAdmin, AdminRoutes.Owns(path));

    [Fact]
    public async Task A_read_only_token_opens_every_GET_and_nothing_else()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync("""{"name":"a","group":"g"}""");
        string group = scene.Governor.Keys.Find(id)!.Key.GroupId!;
        foreach (AdminRoute route in AdminRoutes.All)
        {
            string path = route.Pattern.Replace("{id}", route.Pattern.Contains("groups", StringComparison.Ordinal) ? group : id)
                .Replace("{lane}", "small");
            AdminAnswer answer = await scene.SendAsync(route.Method, path, token: AdminScene.ReadToken);

            Assert.Equal(route.Method == "GET" ? 200 : 403, answer.Status);
        }

        Assert.True(scene.Governor.Keys.Find(id) is { Key.Enabled: true });
        Assert.False(scene.Gateway.Fleet.Lanes[0].IsDisabled);
    }

    [Fact]
    public async Task A_virtual_key_opens_nothing()
    {
        await using var scene = new AdminScene();
        (_, string secret) = await scene.CreateAsync();

        Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys", token: secret)).Status);
    }

    [Fact]
    public async Task Nothing_opens_while_governance_is_off_and_tokens_follow_a_reload()
    {
        await using var scene = new AdminScene();
        Busbar.Configuration.Model.GatewayConfig config = scene.Gateway.Config;
        scene.Gateway.Config = config with { Governance = config.Governance with { Enabled = false } };
        Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys")).Status);

        scene.Gateway.Config = config with { Governance = config.Governance with { AdminToken = new("another") } };
        Assert.Equal(401, (await scene.SendAsync("GET", "/admin/keys")).Status);
        Assert.Equal(200, (await scene.SendAsync("GET", "/admin/keys", token: "another")).Status);
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_404_and_a_method_that_is_not_405_with_the_ones_that_are()
    {
        await using var scene = new AdminScene();

        Assert.Equal(404, (await scene.SendAsync("GET", "/admin")).Status);
        Assert.Equal(404, (await scene.SendAsync("GET", "/admin/keys/")).Status);
        Assert.Equal(404, (await scene.SendAsync("GET", "/admin/keys/a/b")).Status);
        AdminAnswer answer = await scene.SendAsync("PUT", "/admin/keys/vk_0");
        Assert.Equal((405, "GET, PATCH, DELETE"), (answer.Status, answer.Allow));
        Assert.Equal((405, "POST, GET"), ((await scene.SendAsync("HEAD", "/admin/keys")).Status,
            (await scene.SendAsync("HEAD", "/admin/keys")).Allow));
    }
}

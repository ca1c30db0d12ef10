using System.Text.Json;
using Busbar.Admin.Keys;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Tests.Governance;

namespace Busbar.Tests.Admin.Keys;

/// <summary>Every answer is held against the OpenAPI document by <see cref="AdminScene"/>.</summary>
public sealed class GroupEndpointsTests
{
    [Fact]
    public async Task A_group_is_made_shown_changed_and_removed()
    {
        await using var scene = new AdminScene();
        AdminAnswer made = await scene.SendAsync(
            "POST", "/admin/groups",
            """{"name":"org","limits":[{"kind":"budget","window":"month","max_cents":50000,"time_zone":"Europe/Berlin","start_day":5},""" +
                """{"kind":"concurrency","max":3,"pool":"fast"}]}""");
        Assert.Equal(201, made.Status);
        string id = made.Text("id");
        Assert.Matches("^grp_[0-9a-f]{16}$", id);
        Assert.Equal(["budget", "concurrency"], made.Json.GetProperty("limits").EnumerateArray()
            .Select(limit => limit.GetProperty("kind").GetString()));

        Assert.Equal(id, (await scene.SendAsync("GET", $"/admin/groups/{id}")).Text("id"));
        Assert.Equal(1, (await scene.SendAsync("GET", "/admin/groups")).Json.GetProperty("groups").GetArrayLength());
        AdminAnswer changed = await scene.SendAsync("PATCH", $"/admin/groups/{id}", """{"name":"firm","limits":null}""");
        Assert.Equal(("firm", 0), (changed.Text("name"), changed.Json.GetProperty("limits").GetArrayLength()));
        Assert.Equal(200, (await scene.SendAsync("DELETE", $"/admin/groups/{id}")).Status);
        Assert.Equal(404, (await scene.SendAsync("GET", $"/admin/groups/{id}")).Status);
        Assert.Equal(["group.create", "group.update", "group.delete"],
            scene.Store.ReadAudit(long.MaxValue, 10).Reverse().Select(entry => entry.Action));
    }

    [Theory]
    [InlineData("""{"limits":[]}""", "'name' is required")]
    [InlineData("""{"name":"a","parent_id":"grp_0000000000000000"}""", "names no group")]
    [InlineData("""{"name":"a","limits":{}}""", "must be a list")]
    [InlineData("""{"name":"a","limits":[7]}""", "'limits[0]' must be an object")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"month","max_cents":1,"maximum":2}]}""", "unknown member")]
    [InlineData("""{"name":"a","limits":[{"kind":"money","window":"month","max":1}]}""", "'limits[0].kind' must be one of")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"year","max_cents":1}]}""", "'limits[0].window' must be one of")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","max_cents":1}]}""", "'limits[0].window' must be one of")]
    [InlineData("""{"name":"a","limits":[{"kind":"concurrency","window":"day","max":1}]}""", "means nothing for concurrency")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"month","max":1}]}""", "write max_cents")]
    [InlineData("""{"name":"a","limits":[{"kind":"tokens","window":"month","max_cents":1}]}""", "write max")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"month","max_cents":-1}]}""", "must be a whole number from 0")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"month","max_cents":99999999999999}]}""", "must be a whole number from 0")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"week","max_cents":1,"start_day":9}]}""", "from 1 to 7")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"month","max_cents":1,"start_day":31}]}""", "from 1 to 28")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"day","max_cents":1,"start_day":2}]}""", "is for weeks and months")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"rolling","max_cents":1}]}""", "'limits[0].days' must be")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"day","max_cents":1,"days":3}]}""", "is for the window 'rolling'")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"day","max_cents":1,"time_zone":"Europe/Atlantis"}]}""", "no time zone")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1},{"kind":"requests","window":"day","max":2}]}""",
        "second limit of the same kind")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","kind":"tokens","window":"day","max":1}]}""", "'limits[0].kind' is there twice")]
    [InlineData("""{"name":"a","limits":[{"kind":"budget","window":"total","max_cents":1,"time_zone":"UTC"}]}""", "leave it out")]
    [InlineData("""{"name":"a","limits":[{"kind":"concurrency","max":1,"time_zone":"UTC"}]}""", "leave it out")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1,"thresholds":[80,50]}]}""", "each greater than the one before")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1,"thresholds":[101]}]}""", "from 1 to 100")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1,"pool":"fast","downgrade":"fast"}]}""", "name another one")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","max":1,"per":"session"}]}""", "sessions are those of keys")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"requests","max":1,"per":"request"}]}""", "'child_limits[0].per' must be session")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"concurrency","max":1,"per":"session"}]}""", "must be budget, requests or tokens")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"requests","max":1,"per":"session","window":"day"}]}""", "means nothing for a session")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"requests","max":1,"per":"session","pool":"fast"}]}""",
        "'child_limits[0].pool' means nothing")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"budget","max":1,"per":"session"}]}""", "'child_limits[0].max' means nothing")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"budget","max_cents":-1,"per":"session"}]}""", "from 0")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"tokens","max":1,"per":"session"},{"kind":"tokens","max":2,"per":"session"}]}""",
        "second limit of the same kind")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1,"pool":"fsat"}]}""",
        "'limits[0].pool' names no pool and no model of the configuration in force (did you mean 'fast'?)")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1,"downgrade":"gone-and-away"}]}""",
        "'limits[0].downgrade' names no pool and no model of the configuration in force (known are: ")]
    [InlineData("""{"name":"a","child_limits":[{"kind":"requests","window":"day","max":1},{"kind":"concurrency","max":1,"pool":"smal"}]}""",
        "'child_limits[1].pool' names no pool")]
    [InlineData("""{"name":"a","limits":[{"kind":"concurrency","max":1099511627776}]}""",
        "'limits[0].max' must be a whole number from 0 to 4294967295")]
    [InlineData("""{"name":"a\ud800","limits":[]}""", "'name' has a character that is none")]
    [InlineData("""{"name":"a","limits":[{"kind":"requests","window":"day","max":1,"pool":"fast\udc00"}]}""", "half of a surrogate pair")]
    public async Task What_makes_no_sense_is_refused_with_the_reason_and_nothing_is_made(string body, string message)
    {
        await using var scene = new AdminScene();

        AdminAnswer answer = await scene.SendAsync("POST", "/admin/groups", body);

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Body);
        Assert.Equal(0, scene.Governor.Groups.Count);
    }

    [Fact]
    public async Task Limits_for_a_pool_that_is_gone_can_still_be_changed_and_a_reload_says_which_they_are()
    {
        await using var scene = new AdminScene();
        Limit gone = new() { Kind = LimitKind.Requests, Period = LimitPeriod.Day, Max = 5, Scope = "retired", Downgrade = "cheaper" };
        GroupNode node = scene.Governor.Groups.Put(new Group { Id = "grp_0000000000000001", Name = "org", Limits = [gone] });
        scene.Store.InsertGroup(node.Group);

        AdminAnswer kept = await scene.SendAsync("PATCH", $"/admin/groups/{node.Group.Id}",
            """{"limits":[{"kind":"requests","window":"day","max":7,"pool":"retired","downgrade":"cheaper"}]}""");
        AdminAnswer other = await scene.SendAsync("PATCH", $"/admin/groups/{node.Group.Id}",
            """{"limits":[{"kind":"requests","window":"day","max":7,"pool":"retierd"}]}""");

        Assert.Equal((200, 400), (kept.Status, other.Status));
        Assert.Equal(7, Assert.Single(scene.Governor.Groups.Find(node.Group.Id)!.Group.Limits).Max);
        string[] advice = [.. LimitAdvice.OfAll(scene.Governor.Groups.All, scene.Governor.Keys.Entries, scene.Gateway.Fleet)];
        Assert.Equal(2, advice.Length);
        Assert.StartsWith("group grp_0000000000000001 has a limit for 'retired', which is no pool", advice[0], StringComparison.Ordinal);
        Assert.Contains("'cheaper'", advice[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_of_keys_name_pools_that_there_are_too()
    {
        await using var scene = new AdminScene();

        AdminAnswer answer = await scene.SendAsync("POST", "/admin/keys",
            """{"name":"k","limits":[{"kind":"requests","window":"day","max":1,"pool":"fsat"}]}""");

        Assert.Equal(400, answer.Status);
        Assert.Contains("unknown_pool", answer.Body, StringComparison.Ordinal);
        Assert.Equal(0, scene.Governor.Keys.Count);
    }

    [Fact]
    public async Task The_tree_stays_a_tree_with_names_that_tell_siblings_apart()
    {
        await using var scene = new AdminScene();
        string top = await MakeAsync(scene, "org");
        string middle = await MakeAsync(scene, "team", top);
        string bottom = await MakeAsync(scene, "project", middle);

        foreach (string parent in (string[])[top, middle, bottom])
        {
            Assert.Contains("cycle", (await scene.SendAsync("PATCH", $"/admin/groups/{top}", $$"""{"parent_id":"{{parent}}"}""")).Body);
        }

        Assert.Contains("unknown_parent", (await scene.SendAsync("PATCH", $"/admin/groups/{top}", """{"parent_id":"grp_x"}""")).Body);
        Assert.Equal(409, (await scene.SendAsync("POST", "/admin/groups", $$"""{"name":"team","parent_id":"{{top}}"}""")).Status);
        Assert.Equal(201, (await scene.SendAsync("POST", "/admin/groups", $$"""{"name":"team","parent_id":"{{middle}}"}""")).Status);
        Assert.Equal(409, (await scene.SendAsync("DELETE", $"/admin/groups/{top}")).Status);
        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/groups/{bottom}", $$"""{"parent_id":"{{top}}"}""")).Status);
        Assert.Equal(top, scene.Governor.Groups.Find(bottom)!.Group.ParentId);
    }

    [Fact]
    public async Task Limits_of_sessions_go_to_keys_below_a_group_and_not_to_groups()
    {
        await using var scene = new AdminScene();
        string top = (await scene.SendAsync("POST", "/admin/groups",
            """{"name":"org","child_limits":[{"kind":"requests","max":5,"per":"session"},{"kind":"requests","window":"day","max":9}]}""")).Text("id");
        string team = await MakeAsync(scene, "team", top);
        Assert.Equal(["requests/day/"], scene.Governor.Groups.Find(team)!.Group.Limits.Select(limit => limit.Key));
        (string key, _) = await scene.CreateAsync($$"""{"name":"k","group_id":"{{top}}"}""");
        Assert.Equal(5, Assert.Single(scene.Governor.Keys.Find(key)!.SessionLimits).Max);
        Assert.Contains("\"per\":\"session\"", (await scene.SendAsync("GET", $"/admin/keys/{key}")).Body);
    }

    [Fact]
    public async Task A_limit_cannot_be_set_below_what_is_used_of_it()
    {
        await using var scene = new AdminScene();
        string id = (await scene.SendAsync("POST", "/admin/groups",
            """{"name":"org","limits":[{"kind":"budget","window":"total","max_cents":50}]}""")).Text("id");
        (string key, _) = await scene.CreateAsync($$"""{"name":"k","group_id":"{{id}}","limits":[{"kind":"requests","window":"day","max":5}]}""");
        for (int i = 0; i < 3; i++)
        {
            var reservation = new Reservation();
            Assert.Equal(Refusal.None, scene.Governor.TryReserve(
                scene.Governor.Keys.Find(key)!, TestKeys.Prices, ["flat"], default, reservation, "fast"));
            TestKeys.Success().Settle(reservation);
        }

        AdminAnswer answer = await scene.SendAsync("PATCH", $"/admin/groups/{id}",
            """{"limits":[{"kind":"budget","window":"total","max_cents":2}]}""");
        Assert.Equal(400, answer.Status);
        Assert.Contains("below_used", answer.Body);
        Assert.Equal(50, Assert.Single(scene.Governor.Groups.Find(id)!.Group.Limits).Max);
        Assert.Contains("below_used", (await scene.SendAsync(
            "PATCH", $"/admin/keys/{key}", """{"limits":[{"kind":"requests","window":"day","max":2}]}""")).Body);
        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/groups/{id}", """{"limits":[{"kind":"budget","window":"total","max_cents":3}]}"""))
            .Status);

        JsonElement shown = (await scene.SendAsync("GET", $"/admin/groups/{id}")).Json.GetProperty("limits")[0];
        Assert.Equal((3, 3), (shown.GetProperty("used_cents").GetInt32(), shown.GetProperty("max_cents").GetInt32()));
        JsonElement window = (await scene.SendAsync("GET", $"/admin/keys/{key}/usage")).Json.GetProperty("limits")[0];
        Assert.Equal(3, window.GetProperty("used").GetInt32());
    }

    [Fact]
    public async Task Keys_join_move_and_are_shut_with_their_group()
    {
        await using var scene = new AdminScene();
        string org = await MakeAsync(scene, "org");
        string team = await MakeAsync(scene, "team", org);
        (string id, string secret) = await scene.CreateAsync($$"""{"name":"k","group_id":"{{team}}"}""");
        AdminAnswer shown = await scene.SendAsync("GET", $"/admin/keys/{id}");
        Assert.Equal(("team", team), (shown.Text("group"), shown.Text("group_id")));

        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/groups/{org}", """{"frozen":true}""")).Status);
        Assert.False(scene.Opens(secret));
        Assert.True((await scene.SendAsync("GET", $"/admin/groups/{team}")).Json.GetProperty("frozen_above").GetBoolean());
        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"group_id":null}""")).Status);
        Assert.True(scene.Opens(secret));
        Assert.Equal(400, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"group_id":"grp_x"}""")).Status);
        Assert.Equal(400, (await scene.SendAsync("POST", "/admin/keys", """{"name":"k","group_id":"grp_x"}""")).Status);
        Assert.Equal(400, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", $$"""{"group_id":"{{org}}","group":"g"}""")).Status);

        // As a label, as it was before there were groups.
        Assert.Equal("lab", (await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"group":"lab"}""")).Text("group"));
        Assert.Equal("lab", (await scene.SendAsync("GET", $"/admin/groups/{scene.Governor.Keys.Find(id)!.Key.GroupId}")).Text("name"));
    }

    [Fact]
    public async Task Groups_and_keys_that_say_nothing_of_limits_get_those_for_children()
    {
        await using var scene = new AdminScene();
        string org = (await scene.SendAsync("POST", "/admin/groups",
            """{"name":"org","child_limits":[{"kind":"budget","window":"day","max_cents":7}]}""")).Text("id");
        string plain = await MakeAsync(scene, "plain", org);
        string own = (await scene.SendAsync("POST", "/admin/groups", $$"""{"name":"own","parent_id":"{{org}}","limits":[]}""")).Text("id");
        (string key, _) = await scene.CreateAsync($$"""{"name":"k","group_id":"{{org}}"}""");

        Assert.Equal(7, Assert.Single(scene.Governor.Groups.Find(plain)!.Group.Limits).Max);
        Assert.Empty(scene.Governor.Groups.Find(own)!.Group.Limits);
        Assert.Equal(7, Assert.Single(scene.Governor.Keys.Find(key)!.Key.Limits).Max);
    }

    [Fact]
    public async Task A_store_that_fails_changes_nothing()
    {
        await using var scene = new AdminScene();
        string id = await MakeAsync(scene, "org");
        scene.Store.FailNext(1);
        Assert.Equal(500, (await scene.SendAsync("PATCH", $"/admin/groups/{id}", """{"frozen":true}""")).Status);
        Assert.False(scene.Governor.Groups.Find(id)!.IsFrozen);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages()
    {
        await using var scene = new AdminScene();
        string[] made = [await MakeAsync(scene, "a"), await MakeAsync(scene, "b"), await MakeAsync(scene, "c")];
        List<string> seen = [];
        for (string? query = "?limit=2"; query is not null;)
        {
            AdminAnswer page = await scene.SendAsync("GET", "/admin/groups" + query);
            seen.AddRange(page.Json.GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("id").GetString()!));
            query = page.Json.GetProperty("next_cursor").GetString() is { } next ? $"?limit=2&cursor={next}" : null;
        }

        Assert.Equal(made.Order(), seen.Order());
        Assert.Equal(400, (await scene.SendAsync("GET", "/admin/groups?cursor=grp_x")).Status);
    }

    private static async Task<string> MakeAsync(AdminScene scene, string name, string? parent = null) => (await scene.SendAsync(
        "POST", "/admin/groups", parent is null ? $$"""{"name":"{{name}}"}""" : $$"""{"name":"{{name}}","parent_id":"{{parent}}"}""")).Text("id");
}

using System.Text.Json;
using Busbar.Configuration;
using Busbar.Ir;
using Busbar.Reliability;

namespace Busbar.Tests.Admin.Process;

public sealed class LaneEndpointsTests
{
    [Fact]
    public async Task A_lane_goes_out_of_service_and_comes_back()
    {
        await using var scene = new AdminScene();
        AdminAnswer answer = await scene.SendAsync("POST", "/admin/lanes/small/disable");

        Assert.Equal("disabled", Only(answer).GetProperty("availability").GetString());
        Assert.False(Only(answer).GetProperty("usable").GetBoolean());
        Assert.Equal(1, (await scene.SendAsync("GET", "/admin/status")).Number("disabled_lanes"));
        Assert.False(scene.Gateway.Fleet.IsUsable);
        Assert.Equal("ok", Only(await scene.SendAsync("POST", "/admin/lanes/small/enable")).GetProperty("availability").GetString());
    }

    [Fact]
    public async Task A_reset_closes_the_breaker_in_every_pool()
    {
        await using var scene = new AdminScene();
        Lane lane = scene.Gateway.Fleet.Lanes[0];
        lane.State.HardDown(FaultClass.Auth, 401);
        JsonElement before = Only(await scene.SendAsync("GET", "/admin/lanes"));
        Assert.All(before.GetProperty("cells").EnumerateArray(), cell => Assert.Equal("open", cell.GetProperty("state").GetString()));

        JsonElement after = Only(await scene.SendAsync("POST", "/admin/lanes/small/reset"));
        Assert.Equal(2, after.GetProperty("cells").GetArrayLength());
        Assert.All(after.GetProperty("cells").EnumerateArray(), cell => Assert.Equal("closed", cell.GetProperty("state").GetString()));
        Assert.Equal("ok", after.GetProperty("availability").GetString());
    }

    [Fact]
    public async Task A_probe_says_what_came_of_it()
    {
        await using var scene = new AdminScene();
        AdminAnswer answer = await scene.SendAsync("POST", "/admin/lanes/small/probe");

        Assert.Equal(["small"], scene.Gateway.Probed);
        Assert.Equal("ServerError", Assert.Single(answer.Json.GetProperty("probes").EnumerateArray()).GetProperty("fault").GetString());
    }

    [Theory]
    [InlineData("{}", 200)]
    [InlineData(" {\n} ", 200)]
    [InlineData("{\"now\":true}", 400)]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    public async Task A_call_that_needs_no_body_takes_an_empty_object_for_one(string body, int status)
    {
        await using var scene = new AdminScene();
        Assert.Equal(status, (await scene.SendAsync("POST", "/admin/lanes/small/enable", body)).Status);
    }

    [Fact]
    public async Task An_unknown_lane_is_404_with_the_nearest_name()
    {
        await using var scene = new AdminScene();
        AdminAnswer answer = await scene.SendAsync("POST", "/admin/lanes/smal/disable");

        Assert.Equal(404, answer.Status);
        Assert.Contains("did you mean 'small'?", answer.Message);
    }

    [Theory]
    [InlineData("/admin/lanes/org/model/enable", "org/model")]
    [InlineData("/admin/lanes/org%2Fmodel/enable", "org/model")]
    [InlineData("/admin/lanes/enable/enable", "enable")]
    public void A_lane_may_have_slashes_in_its_name(string path, string name)
    {
        Assert.Equal(Busbar.Admin.AdminAction.EnableLane, Busbar.Admin.AdminRoutes.Match("POST", path, out string lane, out _)!.Action);
        Assert.Equal(name, lane);
    }

    [Fact]
    public async Task A_reload_that_is_refused_says_why_and_one_that_is_not_says_what_to_mind()
    {
        await using var scene = new AdminScene();
        ConfigProblem problem = new() { Severity = ProblemSeverity.Error, Path = "limits", Message = "wrong" };
        scene.Gateway.NextReload = new ConfigResult(scene.Gateway.Config, [problem]);
        AdminAnswer refused = await scene.SendAsync("POST", "/admin/reload");
        Assert.Equal((409, "reload_refused"), (refused.Status, refused.Code));
        Assert.Contains("[error] limits: wrong", refused.Message);

        scene.Gateway.NextReload = new ConfigResult(scene.Gateway.Config, [problem with { Severity = ProblemSeverity.Warning }]);
        Assert.Contains("[warn] limits: wrong", (await scene.SendAsync("POST", "/admin/reload")).Body);
    }

    private static JsonElement Only(AdminAnswer answer) => Assert.Single(answer.Json.GetProperty("lanes").EnumerateArray());
}

using System.Text;
using Busbar.Admin.Keys;

namespace Busbar.Tests.Admin;

/// <summary>Whatever is sent: an answer in one shape, never a 500, and nothing of the body in it or in the log.</summary>
public sealed class HostileCallTests
{
    private const string Canary = "canary-in-the-body";

    private static readonly string[] Members = [.. KeyFields.Changeable, "overlap_seconds", "id", Canary, "rpm_limt", "\\u0000", ""];

    [Fact]
    [Trait("gotcha", "C243")]
    public async Task C243_bodies_at_random_are_never_echoed_and_never_a_500()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();
        var random = new Random(4711);
        (string Method, string Path)[] calls =
            [("POST", "/admin/keys"), ("PATCH", $"/admin/keys/{id}"), ("POST", $"/admin/keys/{id}/rotate"), ("PATCH", "/admin/keys/vk_0"),
                ("PUT", $"/admin/keys/{id}/access-key"), ("POST", "/admin/lanes/small/reset")];
        int refused = 0;
        for (int round = 0; round < 4000; round++)
        {
            (string method, string path) = calls[random.Next(calls.Length)];
            byte[] body = Body(random);
            AdminAnswer answer = await scene.SendAsync(method, path, body, ("Authorization", $"Bearer {AdminScene.Token}"),
                ("Content-Type", "application/json"));

            Assert.InRange(answer.Status, 200, 499);
            if (answer.Status >= 400)
            {
                refused++;
                Assert.DoesNotContain(Canary, answer.Body);
            }
        }

        Assert.InRange(refused, 3000, 4000);
        Assert.DoesNotContain(Canary, scene.Log.Text);
    }

    [Fact]
    public async Task Paths_and_queries_at_random_are_never_a_500()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();
        var random = new Random(815);
        string[] parts = ["/admin", "/keys", "/", id, "/lanes", "/small", "/rotate", "/usage", "%", "%2F", "%00", "%C3%28", "{id}", "..", "\u00e9",
            "/enable", "?", "&", "=", "limit", "group_by", "from", "9", "-", "cursor", new string('x', 5000)];
        string[] methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "BREW"];
        for (int round = 0; round < 4000; round++)
        {
            string target = "/admin" + string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => parts[random.Next(parts.Length)]));
            AdminAnswer answer = await scene.SendAsync(methods[random.Next(methods.Length)], target);

            Assert.InRange(answer.Status, 200, 499);
        }
    }

    [Theory]
    [InlineData("/admin/keys/{0}")]
    [InlineData("/admin/lanes/{0}/enable")]
    [InlineData("/admin/{0}")]
    [InlineData("/admin/keys?{0}=1")]
    [InlineData("/admin/keys?limit={0}")]
    [InlineData("/admin/keys?cursor={0}")]
    [InlineData("/admin/usage?from={0}")]
    [InlineData("/admin/usage?key={0}")]
    public async Task Nothing_of_a_target_is_echoed(string target)
    {
        await using var scene = new AdminScene();
        AdminAnswer answer = await scene.SendAsync(target.Contains("lanes", StringComparison.Ordinal) ? "POST" : "GET",
            string.Format(null, target, Canary));

        Assert.InRange(answer.Status, 400, 499);
        Assert.DoesNotContain(Canary, answer.Body);
    }

    private static byte[] Body(Random random)
    {
        var text = new StringBuilder();
        switch (random.Next(10))
        {
            case 0:
                byte[] noise = new byte[random.Next(64)];
                random.NextBytes(noise);
                return [.. noise, .. Encoding.UTF8.GetBytes(Canary)];
            case 1:
                return Encoding.UTF8.GetBytes(Value(random, 4));
            default:
                text.Append('{');
                for (int member = random.Next(5); member >= 0; member--)
                {
                    text.Append('"').Append(Members[random.Next(Members.Length)]).Append("\":").Append(Value(random, 3))
                        .Append(member > 0 ? "," : "");
                }

                text.Append('}');
                break;
        }

        byte[] body = Encoding.UTF8.GetBytes(text.ToString());
        return random.Next(5) == 0 ? body[..random.Next(body.Length)] : body;
    }

    private static string Value(Random random, int depth) => random.Next(depth > 0 ? 16 : 13) switch
    {
        0 => "null",
        1 => "true",
        2 => "0",
        3 => "-1",
        4 => "1e999",
        5 => "18446744073709551616",
        6 => $"\"{Canary}\"",
        7 => "\"\"",
        8 => "\"\\ud800\\u0000\\n\"",
        9 => "0.1",
        10 => $"\"{new string('x', 300)}\"",
        11 => $"{random.NextInt64()}",
        12 => "\"strict\"",
        13 => $"[{Value(random, depth - 1)},{Value(random, depth - 1)}]",
        14 => $"{{\"{Canary}\":{Value(random, depth - 1)}}}",
        _ => new string('[', 200) + new string(']', 200),
    };
}

using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Endpoints;

/// <summary>A name in front of the path stands for the model, whatever the body says or leaves out.</summary>
public sealed class NamedPathScenarios
{
    public static IEnumerable<object[]> Hops => Cases.Hops.Where(hop => !SpokenProtocol.Of((string)hop[0]).ModelInPath);

    [Theory]
    [MemberData(nameof(Hops))]
    public async Task The_body_may_leave_its_model_out_or_name_none(string client, string provider)
    {
        SpokenProtocol from = SpokenProtocol.Of(client);
        SpokenProtocol to = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(to);
        scene.Upstream.Always = call => to.ServeAsync(call);
        string body = from.Request("MODEL", stream: false);
        foreach (string model in (string[])["", "\"model\":\t\"someone else\",", "\"model\" :\t null,", "\"model\":\"\",", "\"model\":[7] ,"])
        {
            Reply reply = await scene.SendAsync(HttpMethod.Post, "/smart" + from.Path,
                body.Replace("\"model\":\"MODEL\",", model, StringComparison.Ordinal)[..^1] + " \r\n}\n", ("anthropic-version", "2023-06-01"));

            Assert.Equal((200, model), (reply.Status, model));
            UpstreamRequest arrived = scene.Upstream.Requests[^1];
            using JsonDocument sent = JsonDocument.Parse(arrived.Body);
            Assert.Equal(to.PathOf("wire-0", stream: false), arrived.Path);
            Assert.Equal(to.ModelInPath ? null : "wire-0", sent.RootElement.EnumerateObject().SingleOrDefault(member => member.Name == "model")
                .Value is { ValueKind: JsonValueKind.String } name ? name.GetString() : null);
        }
    }
}

using System.Text.Json;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Failover;

/// <summary>A model that takes less than is known of it: what was written here is taken back, what the client wrote is the client's.</summary>
public sealed class RefusedParameterScenarios
{
    private const string Request = """{"model":"smart","max_tokens":64,"temperature":0.5,"messages":[{"role":"user","content":"hi"}]}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_parameter_that_translation_wrote_and_the_model_refuses_is_left_out_once(bool stream)
    {
        (SpokenProtocol client, SpokenProtocol provider) = (SpokenProtocol.Of("anthropic"), SpokenProtocol.Of("openai"));
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Next(call => call.AnswerAsync(400, Refusal("temperature"))).Next(call => provider.ServeAsync(call));

        Reply reply = await scene.PostAsync(client, stream ? Request.Replace("64,", "64,\"stream\":true,") : Request);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
        Assert.Equal([true, false], scene.Upstream.Requests.Select(request => Parse(request).TryGetProperty("temperature", out _)));
        Assert.Equal(
            Parse(scene.Upstream.Requests[0]).EnumerateObject().Where(member => member.Name != "temperature").Select(member => member.ToString()),
            Parse(scene.Upstream.Requests[1]).EnumerateObject().Select(member => member.ToString()));
        await scene.ChargedAsync(0, ok: 1);
        MetricsPage page = await scene.MetricsAsync();
        Assert.Equal(1, page["busbar_translation_losses_total", ("from", "anthropic"), ("to", "openai"), ("field", "temperature")]);
        Assert.Equal(2, page["busbar_upstream_attempts_total", ("pool", "smart"), ("lane", "m0")]);
        Assert.Equal(0, page.Sum("busbar_failovers_total"));
    }

    [Fact]
    public async Task The_old_name_of_the_limit_becomes_the_new_one()
    {
        (SpokenProtocol client, SpokenProtocol provider) = (SpokenProtocol.Of("anthropic"), SpokenProtocol.Of("openai"));
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Next(call => call.AnswerAsync(400, Refusal("max_tokens"))).Next(call => provider.ServeAsync(call));

        Assert.Equal(200, (await scene.PostAsync(client, Request)).Status);

        Assert.Equal(64, Parse(scene.Upstream.Requests[1]).GetProperty("max_completion_tokens").GetInt32());
        Assert.False(Parse(scene.Upstream.Requests[1]).TryGetProperty("max_tokens", out _));
    }

    [Fact]
    public async Task A_second_refusal_and_one_of_the_request_itself_reach_the_client()
    {
        (SpokenProtocol client, SpokenProtocol provider) = (SpokenProtocol.Of("anthropic"), SpokenProtocol.Of("openai"));
        await using Scene scene = await Scene.StartAsync(provider);
        scene.Upstream.Next(call => call.AnswerAsync(400, Refusal("temperature"))).Next(call => call.AnswerAsync(400, Refusal("max_tokens")))
            .Next(call => call.AnswerAsync(400, Refusal("messages[0].content")));

        client.IsEnvelope(await scene.PostAsync(client, Request), 400);
        client.IsEnvelope(await scene.PostAsync(client, Request), 400);

        Assert.Equal(3, scene.Upstream.Requests.Count);
        await scene.ChargedAsync(0, clientFault: 2);
    }

    [Fact]
    public async Task What_a_client_of_the_same_protocol_wrote_is_between_it_and_the_provider()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Next(call => call.AnswerAsync(400, Refusal("temperature")));

        Reply reply = await scene.PostAsync(spoken, Request);

        Assert.Equal((400, Refusal("temperature")), (reply.Status, reply.Text));
        Assert.Single(scene.Upstream.Requests);
    }

    private static string Refusal(string param) =>
        $$$"""{"error":{"message":"Unsupported parameter: '{{{param}}}' is not supported with this """ +
            $$$"""model.","type":"invalid_request_error","param":"{{{param}}}","code":"unsupported_parameter"} }""";

    private static JsonElement Parse(UpstreamRequest request)
    {
        using JsonDocument document = JsonDocument.Parse(request.Body);
        return document.RootElement.Clone();
    }
}

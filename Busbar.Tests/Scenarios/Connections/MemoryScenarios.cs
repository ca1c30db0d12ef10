using System.Globalization;
using System.Net;
using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Tests.Growth;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>More bodies at once than there is memory for.</summary>
public sealed class MemoryScenarios
{
    private const int BodyLength = 31 * 1024 * 1024;
    private const long MaxResident = 700L * 1024 * 1024;

    [Fact]
    public async Task Three_bodies_of_tiny_parts_at_once_are_served_in_turn_or_refused_and_the_process_stays_within_bounds()
    {
        SpokenProtocol client = SpokenProtocol.Of("anthropic");
        await using Scene scene = await Scene.StartAsync(new SceneConfig(SpokenProtocol.Of("openai")) { Limits = "{ memory_max_bytes: 67108864 }" });
        scene.Upstream.Always = call => SpokenProtocol.Of("openai").ServeAsync(call);
        const string Part = """{"type":"text","text":"a"}""";
        string parts = string.Join(',', Enumerable.Repeat(Part, BodyLength / (Part.Length + 1)));
        byte[] body = Encoding.UTF8.GetBytes($$"""{"model":"{{Scene.Pool}}","max_tokens":9,"messages":[{"role":"user","content":[{{parts}}]}]}""");

        HttpStatusCode[] statuses = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new ByteArrayContent(body) };
            request.Headers.Add("x-api-key", Scene.Token);
            request.Content.Headers.ContentType = new("application/json");
            using HttpResponseMessage response = await scene.Client.SendAsync(request);
            return response.StatusCode;
        }));

        Assert.All(statuses, static status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.BadRequest
            or HttpStatusCode.ServiceUnavailable, $"{status}"));
        Assert.True(PeakOf(scene.Gateway.Id) < MaxResident, $"{PeakOf(scene.Gateway.Id) / 1024 / 1024} MiB");
        Reply next = await scene.PostAsync(client);
        Assert.Equal(200, next.Status);
    }

    [Theory]
    [InlineData("parts", "anthropic", "gemini")]
    [InlineData("calls in one turn", "openai", "bedrock")]
    [InlineData("properties", "responses", "gemini")]
    [InlineData("turns", "cohere", "anthropic")]
    [InlineData("empty parts", "gemini", "openai")]
    public async Task A_body_of_any_shape_takes_at_most_six_times_its_length_and_all_of_it_is_given_back(string shape, string from, string to)
    {
        SpokenProtocol client = SpokenProtocol.Of(from), provider = SpokenProtocol.Of(to);
        await using Scene scene = await Scene.StartAsync(new SceneConfig(provider));
        scene.Upstream.Always = call => provider.ServeAsync(call);
        Assert.Equal(200, (await scene.PostAsync(client)).Status);
        Func<ProtocolId, int, byte[]> build = RequestShapes.All[shape];
        Assert.True(ProtocolNames.TryParse(from, out ProtocolId ingress));
        int each = (build(ingress, 2000).Length - build(ingress, 1000).Length) / 1000;
        // Numbers in it grow longer.
        byte[] body = build(ingress, BodyLength * 3 / 4 / each);
        long before = ResidentNow(scene.Gateway.Id);

        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{Scene.Pool}{client.Path}") { Content = new ByteArrayContent(body) };
        client.Authorize(request.Headers, Scene.Token);
        request.Content.Headers.ContentType = new("application/json");
        using HttpResponseMessage response = await scene.Client.SendAsync(request);

        Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{response.StatusCode}");
        long peak = PeakOf(scene.Gateway.Id) - before;
        Assert.True(peak <= 6L * body.Length, $"{peak / 1024 / 1024} MiB for {body.Length / 1024 / 1024}");
        await Eventually.TrueAsync(() => ResidentNow(scene.Gateway.Id) - before < body.Length, "given back");
    }

    [Fact]
    public async Task A_body_for_which_there_is_no_room_gets_the_native_error_and_moves_no_breaker()
    {
        SpokenProtocol spoken = SpokenProtocol.Of("openai");
        var gate = new TaskCompletionSource();
        await using Scene scene = await Scene.StartAsync(new SceneConfig(spoken) { Limits = "{ memory_max_bytes: 16777216 }" });
        scene.Upstream.Next(async call =>
        {
            await gate.Task;
            await spoken.ServeAsync(call);
        });
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        string body = $$"""{"model":"{{Scene.Pool}}","messages":[{"role":"user","content":"{{new string('a', 10 * 1024 * 1024)}}"}]}""";
        Task<HttpResponseMessage> first = PostAsync(scene, body);
        await scene.Upstream.ArrivedAsync();
        Assert.True((await scene.MetricsAsync())["busbar_memory_held_bytes"] >= 10 * 1024 * 1024);

        using HttpResponseMessage refused = await PostAsync(scene, body);
        gate.SetResult();
        using HttpResponseMessage served = await first;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (refused.StatusCode, served.StatusCode));
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        Assert.Contains("\"error\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
    }

    private static async Task<HttpResponseMessage> PostAsync(Scene scene, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content =
            new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", Scene.Token);
        return await scene.Client.SendAsync(request);
    }

    // Resident memory and its high-water mark, proc_pid_status(5).
    private static long PeakOf(int process) => Resident(process, "VmHWM:");

    private static long ResidentNow(int process) => Resident(process, "VmRSS:");

    private static long Resident(int process, string name)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }
}

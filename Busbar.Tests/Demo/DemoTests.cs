using System.Net;
using Busbar.Commands;
using Busbar.Demo;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Tests.Demo;

/// <summary>The demo as a client sees it: simulated providers, the demo's own configuration, and the gateway in front of them.</summary>
public sealed class DemoTests : IAsyncLifetime
{
    private DemoGateway _demo = null!;

    /// <summary>The protocols clients can speak: those with a route.</summary>
    public static TheoryData<string> Clients => [.. Routed];

    private static IEnumerable<string> Routed => Question.Protocols.Where(protocol =>
        Routes.Match("POST", ProtocolTable.Get(Question.Named(protocol)).EgressPath("m", stream: true).Split('?')[0])
            .Endpoint == GatewayEndpoint.Chat);

    public async Task InitializeAsync() => _demo = await DemoGateway.StartAsync();

    public async Task DisposeAsync() => await _demo.DisposeAsync();

    [Fact]
    public async Task Every_call_that_is_printed_works()
    {
        foreach (DemoCall call in DemoCommand.Calls(_demo.Providers))
        {
            for (int time = 1; time <= call.Times; time++)
            {
                using var request = new HttpRequestMessage(new HttpMethod(call.Method), _demo.Origin + call.Path);
                request.Headers.TryAddWithoutValidation("Authorization", DemoCall.Authorization);
                request.Content = call.Body is null ? null : new StringContent(call.Body, null, "application/json");
                using HttpResponseMessage response = await _demo.Client.SendAsync(request);

                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{call.Title}: {response.StatusCode}");
                Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
                Assert.Equal(call.Streams, response.Headers.TransferEncodingChunked == true);
            }
        }
    }

    [Fact]
    public void What_is_printed_is_every_call_once_and_shows_all_the_demo_is_for()
    {
        var output = new StringWriter();
        DemoCommand.Welcome(1, _demo.Providers, output);

        string[] lines = [.. output.ToString().Split('\n').Where(line => line.Contains("curl"))];
        DemoCall[] calls = [.. DemoCommand.Calls(_demo.Providers)];
        Assert.Equal(calls.Select(call => call.CommandLine("http://127.0.0.1:1")), lines);
        Assert.Equal(Routed, calls.Where(call => call.Title.StartsWith("streaming", StringComparison.Ordinal))
            .Select(call => call.Title.Split(", ")[1]));
        Assert.All(["failover", "translation", "dies", "lane"], word => Assert.Contains(calls, call => call.Title.Contains(word)));
        Assert.All(["/stats", "/metrics"], path => Assert.Contains(calls, call => call.Path == path));
        Assert.All(output.ToString().Split('\n').Where(line => line.Length > 0), line => Assert.Matches("^(# |curl |for )", line));
    }

    [Theory]
    [InlineData(8080, false)]
    [InlineData(8081, true)]
    public void Another_port_than_the_documented_one_is_said_first(int port, bool isSaid)
    {
        var output = new StringWriter();
        DemoCommand.Welcome(port, _demo.Providers, output);

        Assert.Equal(isSaid, output.ToString().StartsWith($"# PORT 8080 IS TAKEN: the demo listens on {port} instead.", StringComparison.Ordinal));
        Assert.Contains($"http://127.0.0.1:{port}/v1/chat/completions", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_client_of_any_protocol_is_answered_by_a_provider_of_any_protocol(string client)
    {
        ProtocolId spoken = Question.Named(client);
        foreach (SimulatedProvider provider in _demo.Steady)
        {
            Heard whole = Heard.Whole(spoken, await _demo.AskAsync(new Question(spoken, provider.Model, DemandsTool: true)));
            Heard stream = Heard.Stream(spoken, await _demo.AskAsync(new Question(spoken, provider.Model, Stream: true, DemandsTool: true)));

            Assert.Contains(provider.Name, whole.Text);
            Assert.Equal("weather", whole.Tool);
            Assert.True(whole.IsComplete);
            Assert.Equal(whole, stream);
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Pool_calls_all_succeed_while_a_member_refuses_some(string client)
    {
        ProtocolId spoken = Question.Named(client);
        for (int call = 0; call < 24; call++)
        {
            bool stream = call % 4 == 3;
            byte[] body = await _demo.AskAsync(new Question(spoken, DemoConfiguration.Pool, stream));
            Assert.True((stream ? Heard.Stream(spoken, body) : Heard.Whole(spoken, body)).IsComplete);
        }

        int refusals = _demo.Providers.All.Single(provider => provider.IsFlaky).Refusals;
        using var request = new HttpRequestMessage(HttpMethod.Get, _demo.Origin + "/metrics");
        request.Headers.TryAddWithoutValidation("Authorization", DemoCall.Authorization);
        using HttpResponseMessage metrics = await _demo.Client.SendAsync(request);
        Assert.NotEqual(0, refusals);
        Assert.Contains(
            $"busbar_failovers_total{{pool=\"{DemoConfiguration.Pool}\",reason=\"transient_upstream\"}} {refusals}\n",
            await metrics.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_stream_that_dies_ends_with_the_error_of_the_clients_protocol(string client)
    {
        ProtocolId spoken = Question.Named(client);
        SimulatedProvider breaking = _demo.Providers.All.Single(provider => provider.IsBreaking);
        for (int call = 1; call <= 4; call++)
        {
            Heard stream = Heard.Stream(spoken, await _demo.AskAsync(new Question(spoken, breaking.Model, Stream: true)));

            Assert.NotEmpty(stream.Text);
            Assert.Equal(call < 4, stream.IsComplete);
            Assert.Equal(call == 4, stream.IsError);
        }
    }

    [Fact]
    public async Task Only_the_demo_token_opens_it_and_its_lanes_are_usable()
    {
        using HttpRequestMessage request = new Question(ProtocolId.OpenAI, DemoConfiguration.Pool).To(_demo.Origin);
        request.Headers.Remove("Authorization");
        using HttpResponseMessage refused = await _demo.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("ok", await _demo.Client.GetStringAsync(_demo.Origin + "/healthz"));
    }
}

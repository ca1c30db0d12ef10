using System.Runtime.InteropServices;
using System.Text;
using Busbar.Tests.Observability.Tracing;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Figures;

/// <summary>Traces as a collector receives them.</summary>
public sealed class TraceScenarios : IAsyncLifetime
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Parent = "00f067aa0ba902b7";

    private readonly ScriptedUpstream _collector = ScriptedUpstream.Start();

    public static TheoryData<string, string, bool> Pairs => Cases.Pairs;

    private IEnumerable<SpanReading> Spans => _collector.Requests.SelectMany(request => SpanReading.Decode(request.Body));

    public Task InitializeAsync()
    {
        _collector.Always = call => call.AnswerAsync(200, [], "application/x-protobuf");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _collector.DisposeAsync();

    [Theory]
    [InlineData("vertex", "gcp.vertex_ai")]
    [InlineData("bedrock-invoke", "aws.bedrock")]
    public async Task A_call_of_a_cloud_bears_the_name_of_the_cloud(string cloud, string name)
    {
        SpokenProtocol provider = cloud == "vertex" ? new SpokenVertex() : new SpokenInvoke();
        await using Scene scene = await Scene.StartAsync(Config(provider));
        scene.Upstream.Always = call => provider.ServeAsync(call, "hidden-answer");

        Assert.Equal(200, (await scene.PostAsync(new SpokenAnthropic())).Status);
        await ArrivedAsync(2);

        Assert.Equal(name, Spans.Single(span => span.Kind == 3)["gen_ai.provider.name"]);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_request_is_a_span_below_its_callers_and_each_call_one_below_it_that_the_provider_is_told_of(
        string client, string provider, bool stream)
    {
        SpokenProtocol speaks = SpokenProtocol.Of(client), serves = SpokenProtocol.Of(provider);
        await using Scene scene = await Scene.StartAsync(Config(serves, serves));
        scene.Upstreams[0].Always = call => call.AnswerAsync(500, serves.Error("server_error", "canary-error"));
        scene.Upstreams[1].Always = call => serves.ServeAsync(call, "hidden-answer");

        Reply reply = await scene.PostAsync(speaks, stream, change: message =>
        {
            speaks.Authorize(message.Headers, Scene.Token);
            message.Headers.Add("traceparent", $"00-{Trace}-{Parent}-01");
            message.Headers.Add("tracestate", "vendor=value");
            message.Headers.Add("baggage", "user=canary-baggage");
        });
        Assert.Equal(200, reply.Status);
        await ArrivedAsync(3);

        SpanReading request = Spans.Single(span => span.Kind == 2), failed = Spans.Single(span => span.Status == 2), served =
            Spans.Single(span => span.Kind == 3 && span.Status == 0);
        Assert.All(Spans, span => Assert.Equal((Trace, "vendor=value"), (span.TraceId, span.State)));
        Assert.Equal((Parent, request.SpanId, request.SpanId), (request.ParentId, failed.ParentId, served.ParentId));
        Assert.Equal((0x301ul, 0x101ul, 0x101ul), (request.Flags, failed.Flags, served.Flags));
        Assert.Equal(3, Spans.Select(span => span.SpanId).Distinct().Count());
        Assert.True(request.Start <= failed.Start && failed.End <= served.Start && served.End <= request.End);
        string operation = OperationOf(provider);
        foreach ((int lane, SpanReading span) in ((int, SpanReading)[])[(0, failed), (1, served)])
        {
            UpstreamRequest asked = scene.Upstreams[lane].Requests[0];
            Assert.Equal($"00-{Trace}-{span.SpanId}-01", asked["traceparent"]);
            Assert.Equal("vendor=value", asked["tracestate"]);
            Assert.Equal($"{operation} wire-{lane}", span.Name);
            Assert.Equal(operation, span["gen_ai.operation.name"]);
            Assert.Equal(provider switch { "gemini" => "gcp.gemini", "bedrock" => "aws.bedrock", "responses" => "openai", _ => provider },
                span["gen_ai.provider.name"]);
            Assert.Equal($"wire-{lane}", span["gen_ai.request.model"]);
            Assert.Equal("127.0.0.1", span["server.address"]);
            Assert.Equal((long)scene.Upstreams[lane].Port, span["server.port"]);
            Assert.Equal("smart", span["busbar.pool"]);
            Assert.Equal($"m{lane}", span["busbar.lane"]);
            Assert.Equal($"p{lane}", span["busbar.provider"]);
            Assert.Equal(lane + 1L, span["busbar.attempt"]);
        }

        Assert.Equal(("500", 500L, "transient_upstream"), (failed["error.type"], failed["http.response.status_code"], failed["busbar.disposition"]));
        Assert.Equal((null, 200L, "ok"), (served["error.type"], served["http.response.status_code"], served["busbar.disposition"]));

        // These two do not say in their answers which model it was.
        Assert.Equal(provider is "bedrock" or "cohere" ? null : "wire", served["gen_ai.response.model"]);
        if (!stream || serves.Name == "anthropic")
        {
            Assert.Equal((5L, 2L), (served["gen_ai.usage.input_tokens"], served["gen_ai.usage.output_tokens"]));
        }

        Assert.Equal($"{OperationOf(client)} smart", request.Name);
        Assert.Equal((client, "smart", "m1", "ok", 2L), (request["busbar.ingress_protocol"], request["busbar.pool"], request["busbar.lane"],
            request["busbar.outcome"], request["busbar.attempts"]));
        Assert.Equal(200L, request["http.response.status_code"]);
        Assert.NotNull(request["busbar.request_id"]);
        if (speaks.RequestIdHeader is { } header)
        {
            Assert.Equal(reply[header], request["busbar.request_id"]);
        }

        Assert.Equal("busbar", request.Resource["service.name"]);
        HasNoContent();
    }

    [Fact]
    public async Task A_second_try_without_what_the_model_refuses_is_a_call_of_its_own()
    {
        (SpokenProtocol client, SpokenProtocol provider) = (SpokenProtocol.Of("anthropic"), SpokenProtocol.Of("openai"));
        await using Scene scene = await Scene.StartAsync(Config(provider));
        scene.Upstream
            .Next(call => call.AnswerAsync(
                400, """{"error":{"message":"Unsupported parameter: 'temperature' is not supported with this """ +
                """model.","type":"invalid_request_error","param":"temperature","code":"unsupported_parameter"} }"""))
            .Next(call => provider.ServeAsync(call));

        Assert.Equal(
            200, (await scene.PostAsync(
            client, """{"model":"smart","max_tokens":64,"temperature":0.5,"messages":[{"role":"user","content":"hi"}]}""")).Status);
        await ArrivedAsync(3);

        SpanReading request = Spans.Single(span => span.Kind == 2), refused = Spans.Single(span => span.Status == 2), served =
            Spans.Single(span => span.Kind == 3 && span.Status == 0);
        Assert.Equal((request.SpanId, request.SpanId, request.TraceId, request.TraceId),
            (refused.ParentId, served.ParentId, refused.TraceId, served.TraceId));
        Assert.Equal([refused.SpanId, served.SpanId], scene.Upstream.Requests.Select(call => call["traceparent"]!.Split('-')[2]));
        Assert.Equal(("400", 400L, "unsupported", 1L), (refused["error.type"], refused["http.response.status_code"], refused["busbar.disposition"],
            refused["busbar.attempt"]));
        Assert.Equal((200L, "ok", 2L), (served["http.response.status_code"], served["busbar.disposition"], served["busbar.attempt"]));
        Assert.True(refused.End <= served.Start);
    }

    [Theory]
    [InlineData("", "/v1/traces", null)]
    [InlineData("/v1/traces", "/v1/traces", null)]
    [InlineData("/otlp/", "/otlp/v1/traces", "Basic dXM6ZXI6Y2FuYXJ5QHA=")]
    [Trait("gotcha", "C82")]
    public async Task C82_the_collector_is_asked_at_its_path_and_with_the_credentials_of_its_address(string path, string asked, string? authorization)
    {
        string user = authorization is null ? "" : "us%3Aer:canary%40p@";
        await using Scene scene = await Scene.StartAsync(Config(user, path, "", SpokenProtocol.All[0]));
        scene.Upstream.Always = call => SpokenProtocol.All[0].ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(SpokenProtocol.All[0])).Status);
        await ArrivedAsync(2);

        UpstreamRequest export = _collector.Requests[0];
        Assert.Equal(("POST", asked, "application/x-protobuf", authorization),
            (export.Method, export.Path, export["Content-Type"], export["Authorization"]));
        Assert.Null(export["traceparent"]);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_otlp_spans_exported_total"] == 2 ? null : "not counted yet");
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "")]
    [InlineData(null, ", otlp_sample_ratio: 0")]
    public async Task A_trace_that_is_not_recorded_leaves_no_span_and_goes_on_unrecorded(string? parent, string settings)
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config("", "", settings, spoken));
        scene.Settles = false;
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        await scene.PostAsync(spoken, change: message =>
        {
            spoken.Authorize(message.Headers, Scene.Token);
            if (parent is not null)
            {
                message.Headers.Add("traceparent", parent);
            }
        });
        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());

        Assert.Empty(_collector.Requests);
        Assert.Matches($"^00-{(parent is null ? "[0-9a-f]{32}" : Trace)}-(?!{Parent})[0-9a-f]{{16}}-00$", scene.Upstream.Requests[0]["traceparent"]);
    }

    [Theory]
    [InlineData("not a context")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    public async Task A_context_that_makes_no_sense_begins_a_new_trace_and_its_state_goes_no_further(string parent)
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config(spoken));
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        await scene.PostAsync(spoken, change: message =>
        {
            spoken.Authorize(message.Headers, Scene.Token);
            message.Headers.TryAddWithoutValidation("traceparent", parent);
            message.Headers.Add("tracestate", "vendor=value");
        });
        await ArrivedAsync(2);

        Assert.All(Spans, span => Assert.Equal("", span.State));
        Assert.Equal("", Spans.Single(span => span.Kind == 2).ParentId);
        Assert.Null(scene.Upstream.Requests[0]["tracestate"]);
        Assert.Equal(Spans.Single(span => span.Kind == 3).SpanId, scene.Upstream.Requests[0]["traceparent"]!.Split('-')[2]);
    }

    [Fact]
    public async Task Without_traces_a_callers_context_passes_as_other_headers_do()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(spoken);
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        string parent = $"00-{Trace}-{Parent}-01";

        await scene.PostAsync(spoken);
        await scene.PostAsync(spoken, change: message =>
        {
            spoken.Authorize(message.Headers, Scene.Token);
            message.Headers.Add("traceparent", parent);
        });

        Assert.Equal([null, parent], scene.Upstream.Requests.Select(request => request["traceparent"]));
        Assert.Equal(0, (await scene.MetricsAsync())["busbar_otlp_spans_exported_total"]);
    }

    [Fact]
    [Trait("gotcha", "C8")]
    public async Task C8_sigterm_flushes_spans_and_the_log_level_has_no_say_in_them()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config(spoken) with { Environment = new() { ["BUSBAR_LOG"] = "error" } });
        scene.Settles = false;
        scene.Upstream.Always = call => spoken.ServeAsync(call, "hidden-answer");
        const int Requests = 5;
        for (int request = 0; request < Requests; request++)
        {
            await scene.PostAsync(spoken, stream: request % 2 == 0);
        }

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());

        Assert.Equal(2 * Requests, Spans.Count());
        Assert.Equal(Requests, Spans.Select(span => span.TraceId).Distinct().Count());
        HasNoContent();
    }

    [Fact]
    [Trait("gotcha", "C255")]
    public async Task C255_a_redirect_of_the_collector_is_not_followed_and_its_spans_count_as_lost()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using ScriptedUpstream elsewhere = ScriptedUpstream.Start();
        _collector.Always = call => call.AnswerAsync(307, "", ("Location", $"http://127.0.0.1:{elsewhere.Port}/v1/traces"));
        await using Scene scene = await Scene.StartAsync(Config(spoken));
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        await Eventually.HoldsAsync(async () => (await scene.MetricsAsync())["busbar_otlp_spans_dropped_total"] == 2 ? null : "not lost yet");

        Assert.Empty(elsewhere.Requests);
        Assert.Single(_collector.Requests);
    }

    [Fact]
    public async Task A_collector_that_says_nothing_delays_no_request_and_the_end_only_for_its_limit()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        _collector.Always = call => call.SilenceAsync();
        await using Scene scene = await Scene.StartAsync(Config(spoken));
        scene.Settles = false;
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        await _collector.ArrivedAsync();
        for (int request = 0; request < 20; request++)
        {
            Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        }

        scene.Gateway.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await scene.Gateway.ExitedAsync());
    }

    [Fact]
    public async Task What_was_refused_has_a_span_without_the_name_the_client_made_up()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config(spoken));

        Assert.Equal(404, (await scene.PostAsync(spoken, model: "hidden-model")).Status);
        Assert.Equal(401, (await scene.PostAsync(spoken, change: message => spoken.Authorize(message.Headers, "canary-other"))).Status);
        await ArrivedAsync(1);

        SpanReading span = Assert.Single(Spans);
        Assert.Equal(("chat unresolved", "unresolved", "client_error", 404L),
            (span.Name, span["busbar.pool"], span["busbar.outcome"], span["http.response.status_code"]));
        Assert.Null(span["gen_ai.request.model"]);
        Assert.Equal(0ul, span.Status);
        HasNoContent();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_no_answer_came_of_says_why(bool clientLeaves)
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using Scene scene = await Scene.StartAsync(Config(spoken) with { Refusing = clientLeaves ? -1 : 0 });
        if (clientLeaves)
        {
            scene.Upstream.Always = call => call.SilenceAsync();
            using var leaving = new CancellationTokenSource();
            Task<HttpResponseMessage> asked = scene.OpenAsync(spoken, stream: false, cancellation: leaving.Token);
            await scene.Upstream.ArrivedAsync();
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }
        else
        {
            Assert.Equal(503, (await scene.PostAsync(spoken)).Status);
        }

        await ArrivedAsync(2);
        SpanReading call = Spans.Single(span => span.Kind == 3), request = Spans.Single(span => span.Kind == 2);
        Assert.Null(call["http.response.status_code"]);
        Assert.Equal(clientLeaves ? ("client_left", null, 0ul) : ("transient_upstream", "connect", 2ul),
            ((string?)call["busbar.disposition"], call["error.type"], call.Status));
        Assert.Equal(clientLeaves ? ("client_error", 0ul) : ("exhausted", 2ul), ((string?)request["busbar.outcome"], request.Status));
    }

    [Fact]
    [Trait("gotcha", "C7")]
    public async Task A_collector_that_never_answers_delays_neither_the_start_nor_a_request()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        _collector.Always = call => call.SilenceAsync();
        await using Scene scene = await Scene.StartAsync(Config(spoken));
        scene.Upstream.Always = call => spoken.ServeAsync(call);
        Assert.Equal(200, (await scene.GetAsync("/healthz", token: null)).Status);
        Assert.Empty(_collector.Requests);

        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        await _collector.ArrivedAsync();
        Assert.Equal(200, (await scene.GetAsync("/healthz", token: null)).Status);
        Assert.Equal(200, (await scene.PostAsync(spoken)).Status);
        Assert.Equal(1, _collector.InProgress);
    }

    [Fact]
    public async Task A_reload_moves_traces_to_another_collector_and_loses_none()
    {
        SpokenProtocol spoken = SpokenProtocol.All[0];
        await using ScriptedUpstream second = ScriptedUpstream.Start();
        second.Always = _collector.Always;
        SceneConfig config = Config(spoken);
        await using Scene scene = await Scene.StartAsync(config);
        scene.Upstream.Always = call => spoken.ServeAsync(call);

        await scene.PostAsync(spoken);
        scene.Reload(config with { More = $"observability: {{ otlp_endpoint: \"http://127.0.0.1:{second.Port}\" }}" });
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("configuration reloaded", StringComparison.Ordinal), "reloaded");
        await scene.PostAsync(spoken);

        await second.ArrivedAsync();
        await ArrivedAsync(2);
        Assert.Equal(2, Spans.Count());
    }

    private static SceneConfig Config(string user, string path, string settings, int port, params SpokenProtocol[] providers) =>
        new(providers) { More = $"observability: {{ otlp_endpoint: \"http://{user}127.0.0.1:{port}{path}\"{settings} }}" };

    private SceneConfig Config(string user, string path, string settings, params SpokenProtocol[] providers)
        => Config(user, path, settings, _collector.Port, providers);

    private SceneConfig Config(params SpokenProtocol[] providers) => Config("", "", "", providers);

    private Task ArrivedAsync(int spans) => Eventually.TrueAsync(() => Spans.Count() >= spans, $"{spans} spans at the collector");

    // Every secret and every word of prompts has the one word in it, answers and made-up names the other, since clients do see those.
    private void HasNoContent() => Assert.All(_collector.Requests,
        request => Assert.DoesNotMatch("canary|hidden", Encoding.Latin1.GetString(request.Body)));

    // The words of the conventions for generative AI, as of 2026.
    private static string OperationOf(string protocol) => protocol == "gemini" ? "generate_content" : "chat";
}

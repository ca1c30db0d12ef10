using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Observability.Logging;

public sealed class RequestWebhookTests
{
    private readonly Counter _delivered = new();
    private readonly Counter _dropped = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

    [Fact]
    [Trait("gotcha", "C254")]
    public async Task C254_a_record_has_what_a_bill_needs()
    {
        var receiver = new FakeReceiver();
        RequestWebhook webhook = Webhook(receiver);
        webhook.Post(Record("req_1") with
        {
            Key = "vk_1",
            KeyName = "team \"ä\"",
            Group = "research",
            Labels = new Dictionary<string, string> { ["cost_center"] = "42" },
            Lane = "m0",
            Provider = "p",
            ModelAsked = "smart",
            ModelServed = "gpt-x",
            Client = "203.0.113.9",
            Usage = new Usage { Input = 10, CacheRead = 3, CacheWrite = 2, CacheWriteLong = 1, Output = 7, Reasoning = 4, AudioInput = 5,
                AudioOutput = 6, IsReported = true },
            CostCents = 1.25,
            Attempts = 2,
            Failures = [new FailedAttempt("smart", "m1", "q", "rate_limit", 429, "rate_limit_exceeded", TimeSpan.FromSeconds(15))],
            FirstContent = TimeSpan.FromMilliseconds(400.9),
        });
        await webhook.DisposeAsync();

        JsonElement record = Assert.Single(JsonDocument.Parse(Assert.Single(receiver.Bodies)).RootElement.EnumerateArray());
        Assert.Equal(
            """{"request_id":"req_1","provider_request_id":null,"ts":1700000000,"time":"2023-11-14T22:13:20.000Z","key":"vk_1","key_name":"team """ +
                """\u0022\u00E4\u0022","group":"research","group_id":null,"labels":""" +
                """{"cost_center":"42"},"ingress_protocol":"anthropic","pool":"smart","lane":"m0","provider":"p","model_asked":"smart","model_ser""" +
                """ved":"gpt-x","input_tokens":10,"cache_read_tokens":3,"cache_write_tokens":2,"cache_write_1h_tokens":1,"output_tokens":""" +
                """7,"reasoning_tokens":4,"audio_input_tokens":5,"audio_output_tokens":6,"image_output_tokens":0,"tokens_estimated":""" +
                """false,"cost_cents":1.25,"unpriced":false,"service_tier":"standard","status":200,"outcome":"ok","reason":null,"limit":""" +
                """null,"downgraded_from":null,"attempts":2,"failures":""" +
                """[{"pool":"smart","lane":"m1","provider":"q","reason":"rate_limit","status":429,"code":"rate_limit_exceeded","cooldown_s":""" +
                """15}],"first_content_ms":400,"client":"203.0.113.9","latency_ms":1234}""",
            record.GetRawText());
        HttpRequestMessage request = Assert.Single(receiver.Requests);
        Assert.Equal((HttpMethod.Post, "application/json"), (request.Method, request.Content!.Headers.ContentType!.ToString()));
        Assert.Equal("Basic dTpw", request.Headers.Authorization!.ToString());
    }

    [Fact]
    [Trait("gotcha", "C253")]
    public async Task C253_a_receiver_that_hangs_costs_what_the_queue_cannot_hold_and_nothing_once_it_is_back()
    {
        var receiver = new FakeReceiver { Hangs = true };
        RequestWebhook webhook = Webhook(receiver);
        for (int record = 0; record < RequestWebhook.BatchLength; record++)
        {
            webhook.Post(Record($"first-{record}"));
        }

        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return receiver.Pending == 1;
            },
            "a batch is on its way");
        long sent = JsonDocument.Parse(receiver.Bodies[0]).RootElement.GetArrayLength();
        for (int record = 0; record < RequestWebhook.QueueLength + 50; record++)
        {
            webhook.Post(Record($"then-{record}"));
        }

        Assert.Equal(RequestWebhook.BatchLength - sent + 50, _dropped.Value);
        receiver.LetGo(HttpStatusCode.OK);
        await webhook.DisposeAsync();
        Assert.Equal(RequestWebhook.BatchLength + RequestWebhook.QueueLength + 50 - _dropped.Value, _delivered.Value);
        Assert.All(receiver.Bodies, body => Assert.InRange(JsonDocument.Parse(body).RootElement.GetArrayLength(), 1, RequestWebhook.BatchLength));
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, RequestWebhook.MaxTries)]
    [InlineData(HttpStatusCode.TooManyRequests, RequestWebhook.MaxTries)]
    [InlineData(HttpStatusCode.BadRequest, 1)]
    public async Task A_batch_is_sent_again_with_growing_pauses_where_the_failure_may_pass(HttpStatusCode status, int tries)
    {
        var receiver = new FakeReceiver { Status = status };
        RequestWebhook webhook = Webhook(receiver);
        webhook.Post(Record("req_1"));
        long began = _time.GetTimestamp();
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return _dropped.Value == 1;
            },
            "given up");

        Assert.Equal(tries, receiver.Requests.Count);
        Assert.True(tries == 1 || _time.GetElapsedTime(began) > TimeSpan.FromSeconds(1 + 2 + 4 + 8 + 16 + 32 + 60));
        Assert.All(receiver.Bodies, body => Assert.Equal(receiver.Bodies[0], body));
        await webhook.DisposeAsync();
    }

    [Fact]
    public async Task An_alert_that_somebody_else_tells_is_left_out_and_one_that_was_told_is_said_to_be()
    {
        var receiver = new FakeReceiver();
        RequestWebhook webhook = Webhook(receiver);
        List<(int, bool)> done = [];
        foreach (int percent in (int[])[50, 80, 100])
        {
            webhook.Post(new AlertRecord
            {
                Time = _time.GetUtcNow(), Owner = "grp_1", Kind = "budget", Window = "month", Percent = percent, Max = 10, Used = 9, WindowStart = 3,
                Due = () => percent != 80, Done = isLast => done.Add((percent, isLast)),
            });
        }

        await webhook.DisposeAsync();
        Assert.Equal([(50, false), (100, true)], done);
        Assert.Equal(2, _delivered.Value);
        Assert.Equal(["grp_1/budget/month//3/50", "grp_1/budget/month//3/100"],
            JsonDocument.Parse(Assert.Single(receiver.Bodies)).RootElement.EnumerateArray().Select(alert => alert.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task A_name_that_resolves_to_this_machine_is_not_dialled(string host)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Task<Socket> accepted = listener.AcceptAsync();
        using var receiver = new SinkClient(
            new Uri($"http://{host}:{((IPEndPoint)listener.LocalEndPoint!).Port}/"), null, TimeSpan.FromSeconds(30),
            kind => kind == AddressKind.Public);

        Assert.Equal(0, await receiver.PostAsync(new byte[1], "application/json", CancellationToken.None));
        Assert.False(accepted.IsCompleted);
    }

    private static RequestRecord Record(string id) => new()
    {
        RequestId = id,
        Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        Protocol = "anthropic",
        Pool = "smart",
        Status = 200,
        Outcome = "ok",
        Attempts = 1,
        Total = TimeSpan.FromMilliseconds(1234.9),
    };

    private RequestWebhook Webhook(FakeReceiver receiver) => new(
        new SinkClient(new Uri("https://logs.example/"), new Secret("Basic dTpw"), TimeSpan.FromMinutes(1), _ => true, receiver), _delivered,
        _dropped, NullLogger.Instance, _time);
}

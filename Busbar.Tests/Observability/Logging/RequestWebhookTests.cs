using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Observability.Logging;

public sealed class RequestWebhookTests
{
    private readonly Counter _dropped = new("");
    private readonly Counter _failed = new("");

    [Fact]
    [Trait("gotcha", "C254")]
    public async Task C254_a_line_has_exactly_five_fields()
    {
        var receiver = new FakeReceiver();
        RequestWebhook webhook = Webhook(receiver);
        webhook.Post("anthropic", "pool \"ä\"", "client_error", TimeSpan.FromMilliseconds(1234.9));
        await webhook.DisposeAsync();

        JsonElement line = JsonDocument.Parse(Assert.Single(receiver.Bodies)).RootElement;
        Assert.Equal(["ts", "ingress_protocol", "pool", "outcome", "latency_ms"], line.EnumerateObject().Select(member => member.Name));
        Assert.Equal(1_700_000_000, line.GetProperty("ts").GetInt64());
        Assert.Equal("anthropic", line.GetProperty("ingress_protocol").GetString());
        Assert.Equal("pool \"ä\"", line.GetProperty("pool").GetString());
        Assert.Equal("client_error", line.GetProperty("outcome").GetString());
        Assert.Equal(1234, line.GetProperty("latency_ms").GetInt64());
        HttpRequestMessage request = Assert.Single(receiver.Requests);
        Assert.Equal((HttpMethod.Post, "application/json"), (request.Method, request.Content!.Headers.ContentType!.ToString()));
        Assert.Equal("Basic dTpw", request.Headers.Authorization!.ToString());
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, 0)]
    [InlineData(HttpStatusCode.InternalServerError, 64)]
    [Trait("gotcha", "C253")]
    public async Task C253_a_receiver_that_hangs_holds_64_lines_and_the_rest_are_dropped_and_counted_until_slots_are_free_again(HttpStatusCode status, int failed)
    {
        var receiver = new FakeReceiver { Hangs = true };
        RequestWebhook webhook = Webhook(receiver);
        for (int line = 0; line < 200; line++)
        {
            webhook.Post("openai", "smart", "ok", TimeSpan.Zero);
        }

        await Eventually.TrueAsync(() => receiver.Pending == 64, "64 on their way");
        Assert.Equal(136, _dropped.Value);
        receiver.LetGo(status);
        await Eventually.TrueAsync(() => receiver.Pending == 0, "all answered");
        await Eventually.HoldsAsync(() =>
        {
            long dropped = _dropped.Value;
            webhook.Post("openai", "smart", "ok", TimeSpan.Zero);
            return Task.FromResult(_dropped.Value == dropped ? null : "no slot is free");
        });
        await webhook.DisposeAsync();

        Assert.Equal(65, receiver.Requests.Count);
        Assert.Equal(failed == 0 ? 0 : 65, _failed.Value);
    }

    [Fact]
    [Trait("gotcha", "C253")]
    public async Task C253_a_delivery_ends_after_its_time_and_is_not_repeated()
    {
        var receiver = new FakeReceiver { Hangs = true };
        var webhook = new RequestWebhook(new SinkClient(new Uri("https://logs.example/"), null, TimeSpan.FromMilliseconds(1), _ => true, receiver), _dropped, _failed, TimeProvider.System);
        webhook.Post("openai", "smart", "ok", TimeSpan.Zero);
        await webhook.DisposeAsync();

        Assert.Single(receiver.Requests);
        Assert.Equal(1, _failed.Value);
        Assert.Equal(TimeSpan.FromSeconds(2), RequestWebhook.Limit);
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
            new Uri($"http://{host}:{((IPEndPoint)listener.LocalEndPoint!).Port}/"), null, TimeSpan.FromSeconds(30), kind => kind == AddressKind.Public);

        Assert.Equal(0, await receiver.PostAsync(new byte[1], "application/json", CancellationToken.None));
        Assert.False(accepted.IsCompleted);
    }

    private RequestWebhook Webhook(FakeReceiver receiver)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        return new RequestWebhook(new SinkClient(new Uri("https://logs.example/"), new Secret("Basic dTpw"), TimeSpan.FromMinutes(1), _ => true, receiver), _dropped, _failed, time);
    }
}

using System.IO.Pipelines;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Observability.Live;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Tests.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Observability.Live;

/// <summary>Who listens is told in bounded space, and nobody pays where nobody listens.</summary>
public sealed class LiveEventsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Fleet _fleet;
    private readonly LiveView _view;

    public LiveEventsTests()
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.Minimal);
        _fleet = Fleet.Create(config, _time);
        _view = new LiveView(new Busbar.Observability.Metrics.Metrics(), _time);
    }

    [Fact]
    public void Nothing_is_read_off_lanes_while_nobody_listens()
    {
        bool isAsked = false;
        _view.Look(() =>
        {
            isAsked = true;
            return _fleet;
        });

        Assert.False(isAsked);
    }

    [Fact]
    public async Task Each_second_has_its_tick_and_lanes_are_told_where_they_changed()
    {
        using LiveSubscription listener = _view.Events.Join()!;
        _view.Look(() => _fleet);
        _view.Look(() => _fleet);
        _fleet.Lanes[0].IsDisabled = true;
        _view.Look(() => _fleet);

        string[] events = await HeardAsync(listener);

        Assert.Equal(["tick", "lanes", "tick", "tick", "lanes"], events);
    }

    [Fact]
    public async Task Of_many_requests_those_in_trouble_are_told_and_how_many_were_left_out()
    {
        using LiveSubscription listener = _view.Events.Join()!;
        for (int request = 0; request < 150; request++)
        {
            _view.Requests.Add(new RecentRequest { Pool = "fast", Outcome = request < 10 ? Outcome.Error : Outcome.Ok, Reason = request < 10
                ? "timeout" : null });
        }

        _view.Look(() => _fleet);
        string text = await TextAsync(listener);

        Assert.Equal(LiveEvents.MaxRequests, text.Split("\"sequence\":").Length - 1);
        Assert.Equal(10, text.Split("\"reason\":\"timeout\"").Length - 1);
        Assert.Contains("\"left_out\":100}", text);
    }

    [Fact]
    public async Task Who_is_too_slow_loses_the_oldest_seconds_and_is_told()
    {
        using LiveSubscription listener = _view.Events.Join()!;
        for (int second = 0; second < LiveSubscription.MaxWaiting + 5; second++)
        {
            _view.Look(() => _fleet);
        }

        string text = await TextAsync(listener);

        Assert.Contains("event: dropped\ndata: {\"seconds\":5}\n\n", text);
        Assert.Equal(LiveSubscription.MaxWaiting, text.Split("event: tick").Length - 1);
    }

    [Fact]
    public void Only_so_many_listen_and_a_place_is_free_again_when_one_leaves()
    {
        LiveSubscription[] listeners = [.. Enumerable.Range(0, LiveEvents.MaxListeners).Select(_ => _view.Events.Join()!)];

        Assert.Null(_view.Events.Join());
        listeners[0].Dispose();
        listeners[0].Dispose();
        Assert.Equal(LiveEvents.MaxListeners - 1, _view.Events.Listeners);
        Assert.NotNull(_view.Events.Join());
        _view.Events.Close();
        Assert.Null(_view.Events.Join());
    }

    [Fact]
    public async Task A_heartbeat_keeps_the_connection_alive_and_a_token_that_is_no_longer_valid_ends_it()
    {
        using LiveSubscription listener = _view.Events.Join()!;
        using var output = new MemoryStream();
        bool isWelcome = true;
        Task writing = listener.WriteAsync(PipeWriter.Create(output), () => isWelcome, _time, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(16));
        _view.Look(() => _fleet);
        await Busbar.Tests.Scenarios.Harness.Eventually.TrueAsync(
            () => Encoding.UTF8.GetString(output.ToArray()).Contains(": heartbeat\n\n"), "a heartbeat");
        isWelcome = false;
        _view.Look(() => _fleet);

        await writing;
    }

    private async Task<string> TextAsync(LiveSubscription listener)
    {
        _view.Events.Close();
        using var output = new MemoryStream();
        await listener.WriteAsync(PipeWriter.Create(output), () => true, _time, CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private async Task<string[]> HeardAsync(LiveSubscription listener) =>
        [.. (await TextAsync(listener)).Split('\n').Where(line => line.StartsWith("event: ", StringComparison.Ordinal))
            .Select(line => line["event: ".Length..])];
}

using System.Collections.Concurrent;
using Busbar.Tests.Scenarios.Harness;
using Xunit.Abstractions;

namespace Busbar.Tests.Scenarios.Faults;

/// <summary>
/// Every way to fail, for providers and clients of every protocol, plain and streamed, with and without another lane, with clients that stay and that
/// leave. Each case has a lane of its own, so that all run at once and what each moved can be told apart.
/// </summary>
public sealed class FaultTableScenarios(ITestOutputHelper output)
{
    private const int AtOnce = 24;

    // One gateway keeps a bounded number of series, which all cases at once would pass.
    public static TheoryData<string, int> Parts
    {
        get
        {
            var parts = new TheoryData<string, int>();
            foreach (SpokenProtocol spoken in SpokenProtocol.All)
            {
                for (int part = 0; part < FaultTable.Parts; part++)
                {
                    parts.Add(spoken.Name, part);
                }
            }

            return parts;
        }
    }

    public static TheoryData<string, FaultWire> Wires
    {
        get
        {
            var wires = new TheoryData<string, FaultWire>();
            foreach (SpokenProtocol spoken in SpokenProtocol.All)
            {
                wires.Add(spoken.Name, FaultWire.Http);
                wires.Add(spoken.Name, FaultWire.Http2);
            }

            return wires;
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    [Trait("gotcha", "C138")]
    [Trait("gotcha", "C143")]
    [Trait("gotcha", "C144")]
    [Trait("gotcha", "C147")]
    [Trait("gotcha", "C150")]
    [Trait("gotcha", "C151")]
    [Trait("gotcha", "C158")]
    [Trait("gotcha", "C159")]
    [Trait("gotcha", "C161")]
    [Trait("gotcha", "C187")]
    [Trait("gotcha", "C188")]
    [Trait("gotcha", "C198")]
    [Trait("lesson", "17")]
    [Trait("lesson", "18")]
    [Trait("lesson", "19")]
    [Trait("lesson", "20")]
    [Trait("lesson", "21")]
    [Trait("lesson", "22")]
    public async Task Every_fault_is_shown_and_charged_as_it_should_be_and_leaves_nothing_behind(string provider, int part)
    {
        await using FaultTable table = await FaultTable.StartAsync(SpokenProtocol.Of(provider), part);
        await TryAllAsync(table);
    }

    [Theory]
    [MemberData(nameof(Wires))]
    public async Task Faults_are_the_same_whatever_a_provider_is_called_by(string provider, FaultWire wire)
    {
        await using FaultTable table = await FaultTable.SampleAsync(SpokenProtocol.Of(provider), wire);
        await TryAllAsync(table);
    }

    private async Task TryAllAsync(FaultTable table)
    {
        var failures = new ConcurrentBag<string>();
        using var turn = new SemaphoreSlim(AtOnce);

        await Task.WhenAll(table.Cases.Select(at => TryAsync(at, failures, async () =>
        {
            // What waits for the gateway's timers takes no turn.
            if (!at.Row.IsTimed)
            {
                await turn.WaitAsync();
            }

            try
            {
                await AskAsync(table.Scene, at);
            }
            finally
            {
                if (!at.Row.IsTimed)
                {
                    turn.Release();
                }
            }
        })));
        Dictionary<string, LaneReading> lanes = await SettledAsync(table);
        MetricsPage page = await table.Scene.MetricsAsync();
        foreach (FaultCase at in table.Cases)
        {
            await TryAsync(at, failures, () =>
            {
                IsCharged(at, lanes[at.Lane]);
                IsCounted(at, page);
                return Task.CompletedTask;
            });
        }

        // What ends the scenario first may be only a consequence of what these say.
        foreach (string failure in failures.Order())
        {
            output.WriteLine(failure);
        }

        string[] log = table.Scene.Gateway.StandardError.Split('\n');
        for (int line = 0; line < log.Length; line++)
        {
            if (log[line].Contains("failed on a bug", StringComparison.Ordinal))
            {
                output.WriteLine(string.Join('\n', log.Skip(line).Take(6)));
            }
        }

        Assert.True(failures.IsEmpty, $"{failures.Count} of {table.Cases.Length} cases:\n{string.Join('\n', failures.Order().Take(60))}");
        Assert.Equal((0, 0, 0), (page["busbar_requests_inflight"], page["busbar_pooled_buffers"], page.Sum("busbar_pool_queued")));
        Assert.Equal(table.Cases.Count(at => at.IsRescued), lanes["standin"].Ok);
        Assert.Equal((0, 0), (lanes["standin"].Err, lanes["standin"].ClientFault));
    }

    private static async Task TryAsync(FaultCase at, ConcurrentBag<string> failures, Func<Task> check)
    {
        try
        {
            await check();
        }
        catch (Exception exception)
        {
            failures.Add($"{at}: {exception.GetType().Name} {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static async Task AskAsync(Scene scene, FaultCase at)
    {
        using var leaving = new CancellationTokenSource(Eventually.Bound);
        Task<Reply> asking = ReadAsync(scene, at, leaving.Token);
        if (at.Row.Leaves != Leaving.Never)
        {
            await at.Arrived.Task.WaitAsync(Eventually.Bound);
            if (at.Row.Leaves == Leaving.AfterContent)
            {
                await at.Seen.Task.WaitAsync(Eventually.Bound);
            }

            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(async () => await (
                at.Row.Charge == FaultCharge.Either ? Task.FromException(new OperationCanceledException()) : asking));
            await Task.WhenAny(asking);
            return;
        }

        IsShown(at, await asking);
    }

    private static async Task<Reply> ReadAsync(Scene scene, FaultCase at, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage response = await scene.OpenAsync(at.Speaks, at.Streamed, at.Pool, cancellation: cancellation);
            Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
            var body = new MemoryStream();
            byte[] buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                body.Write(buffer, 0, read);
                if (!at.Seen.Task.IsCompleted && body.GetBuffer().AsSpan(0, (int)body.Length).IndexOf("hello"u8) >= 0)
                {
                    at.Seen.TrySetResult();
                }
            }

            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return new Reply((int)response.StatusCode, headers, body.ToArray());
        }
        finally
        {
            at.Seen.TrySetResult();
        }
    }

    private static void IsShown(FaultCase at, Reply reply)
    {
        bool isOwn = at.Speaks == at.Serves;
        if (at.IsRescued || at.Row.View == FaultView.Answer)
        {
            Assert.Equal(200, reply.Status);
            Assert.Equal(at.IsRescued, FaultTable.IsStandIn(reply.Text));
            Assert.Contains("hello", reply.Text);
            Assert.True(!at.Streamed || at.Speaks.EndsCleanly(reply.Text), reply.Text);
            return;
        }

        switch (at.Row.View)
        {
            case FaultView.Exhausted when at.Row.IsModelGone && isOwn:
                Assert.Equal((at.Row.Status, at.Serves.Error("some_error", at.Row.Said)), (reply.Status, reply.Text));
                return;
            case FaultView.Exhausted when reply.Status == 502:
                Assert.True(!isOwn && !at.Streamed, "502");
                at.Speaks.IsEnvelope(reply, 502);
                break;
            case FaultView.Exhausted:
                at.Speaks.IsEnvelope(reply, 503);
                Assert.True(int.Parse(reply["Retry-After"] ?? "0") >= 1, "no Retry-After");
                break;
            case FaultView.TooLong when isOwn:
                Assert.Equal((400, at.Serves.ContextError), (reply.Status, reply.Text));
                break;
            case FaultView.TooLong:
                at.Speaks.IsEnvelope(reply, 400, "context_length_exceeded");
                break;
            case FaultView.Refusal when isOwn:
                Assert.Equal((at.Row.Status, at.Row.Status == 304 ? "" : at.Serves.Error("some_error", at.Row.Said)), (reply.Status, reply.Text));
                Assert.Null(reply["Location"]);
                return;
            case FaultView.Refusal:
                // What a provider says about a request goes with it into the other protocol, word for word; a 304 says nothing.
                at.Speaks.IsEnvelope(reply, at.Row.Status == 304 ? 502 : at.Row.ForeignStatus ?? at.Row.Status);
                if (at.Row.Status == 304)
                {
                    break;
                }

                Assert.Equal(at.Row.Said, at.Speaks.MessageOf(reply));
                return;
            case FaultView.BrokenOff:
                Assert.Equal((200, at.Speaks.StreamContentType), (reply.Status, reply["Content-Type"]));
                Assert.Contains("hello", reply.Text);
                Assert.True(at.Speaks.HasError(reply.Text), $"no error: {reply.Text}");
                Assert.False(at.Speaks.EndsCleanly(reply.Text), $"a clean end: {reply.Text}");
                break;
        }

        Scene.SpeaksLikeTheVendor(reply);
    }

    private static void IsCharged(FaultCase at, LaneReading lane)
    {
        FaultRow row = at.Row;
        var counts = (lane.Ok, lane.Err, lane.ClientFault, Down: lane.DeadReason is not null);
        if (row.Charge == FaultCharge.Either)
        {
            Assert.True(counts is { Ok: <= 1, Err: <= 1, ClientFault: 0, Down: false }, $"(ok, err, client_fault, down) is {counts}");
            return;
        }

        Assert.Equal(
            row.Charge switch
            {
                FaultCharge.Success => (1, 0, 0, false),
                FaultCharge.Transient => (0, 1, 0, false),
                FaultCharge.HardDown => (0, 1, 0, true),
                FaultCharge.ClientFault => (0, 0, 1, false),
                FaultCharge.Late => (0, 1, 0, false),
                _ => (0L, 0L, 0L, false),
            },
            counts);
        Assert.Equal(row.Charge == FaultCharge.HardDown ? "open" : "closed", lane.State(at.Pool));
        Assert.Equal(row.Charge is FaultCharge.Transient or FaultCharge.Late ? 1 : 0, lane.StreakIn(at.Pool));
        Assert.InRange(lane.CooldownIn(at.Pool), row.Floor, row.Floor == 0 ? 0 : row.Ceiling);

        // On a busy machine a timer may fire before the request has left.
        Assert.InRange(at.Calls, row.Provider == "p" && !row.IsTimed ? 1 : 0, row.Provider == "p" ? row.MaxCalls : 0);
    }

    private static void IsCounted(FaultCase at, MetricsPage page)
    {
        FaultRow row = at.Row;
        double attempts = page["busbar_upstream_attempts_total", ("pool", at.Pool), ("lane", at.Lane)];
        double failures = Sum(["transient_upstream", "hard_down", "context_length", "attempt_timeout", "model_gone", "declined"],
            disposition => page["busbar_upstream_failures_total", ("pool", at.Pool), ("lane", at.Lane), ("disposition", disposition)]);
        double failovers = Sum(["timeout", "connect", "transient_upstream", "hard_down", "context_length", "attempt_timeout", "model_gone",
            "declined"],
            reason => page["busbar_failovers_total", ("pool", at.Pool), ("reason", reason)]);
        string[] outcomes = ["ok", "client_error", "exhausted", "error"];
        double requests = Sum(outcomes, outcome => page["busbar_requests_total", ("ingress_protocol", at.Speaks.Name), ("pool", at.Pool),
            ("outcome", outcome)]);
        Assert.Equal((1, 1), (attempts, requests));
        if (row.Charge == FaultCharge.Either)
        {
            Assert.InRange(failures, 0, 1);
            return;
        }

        // A failure after the beginning is in the lane's figures, not among the calls that failed.
        Assert.Equal(row.Charge is FaultCharge.Transient or FaultCharge.HardDown || row.View == FaultView.TooLong ? 1 : 0, failures);
        Assert.Equal(at.IsRescued ? 1 : 0, failovers);
        string[] expected = at.IsRescued ? ["ok"] : row.View switch
        {
            FaultView.Answer => ["ok"],
            FaultView.Exhausted when row.IsModelGone && at.Speaks == at.Serves => ["client_error"],
            FaultView.Exhausted => ["exhausted", "error"],
            FaultView.BrokenOff => ["error"],
            FaultView.Refusal when row.Status < 400 => ["error"],
            _ => ["client_error"],
        };
        Assert.Equal(1, Sum(expected, outcome => page["busbar_requests_total", ("ingress_protocol", at.Speaks.Name), ("pool", at.Pool),
            ("outcome", outcome)]));
    }

    private static double Sum(string[] labels, Func<string, double> value) => labels.Sum(value);

    private static async Task<Dictionary<string, LaneReading>> SettledAsync(FaultTable table)
    {
        Dictionary<string, LaneReading> lanes = [];
        await Eventually.HoldsAsync(async () =>
        {
            lanes = (await table.Scene.LanesAsync()).ToDictionary(lane => lane.Model);
            return lanes.Values.FirstOrDefault(lane => lane.Inflight != 0 || lane.States.Contains("half_open")) is { } busy ? $"{busy.Model} is busy"
                : table.Scene.Upstream.InProgress != 0 ? "a provider still has a request in progress"
                : null;
        });
        await table.Scene.SettledAsync();
        return lanes;
    }
}

using System.Globalization;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Faults;

/// <summary>The table.</summary>
internal static class FaultRows
{
    private const int LongestStream = 9;
    private static readonly string Oversize = new('x', 17 * 1024 * 1024);

    private static readonly (string Name, (string, string)[] Headers, int Floor, int Ceiling)[] RetryAfters =
    [
        ("nothing", [], 1, 120),
        ("seconds", [("Retry-After", "2000")], 1800, 2000),
        ("a date", [("Retry-After", DateTimeOffset.UtcNow.AddSeconds(3000).ToString("r", CultureInfo.InvariantCulture))], 2400, 3000),
        ("a date gone by", [("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], 1, 120),
        ("far too much", [("Retry-After", "18446744073709551615")], 86000, 86400),
        ("a negative number", [("Retry-After", "-5")], 1, 120),
        ("rubbish", [("Retry-After", "soon \u00a7")], 1, 120),
        ("milliseconds", [("retry-after-ms", "2000000")], 1800, 2000),
    ];

    /// <summary>All rows.</summary>
    public static IEnumerable<FaultRow> All => [.. Connections, .. Oddities.Select(row => row with { IsOddity = true }), .. Refusals, .. Statuses,
        .. Words, .. Bodies, .. Streams, .. Truncations, .. Departures];

    private static IEnumerable<FaultRow> Connections =>
    [
        Transient("connection refused", Unplayed) with { Provider = "refused" },
        Transient("unreachable", Unplayed) with { Provider = "unreachable", IsTimed = true },
        Transient("no TLS", Unplayed) with { Provider = "tls" },
        Transient("reset before headers", (_, call) => Done(call.Reset)) with { MaxCalls = 2 },
        Transient("closed before headers", (_, call) => Done(call.Close)) with { MaxCalls = 2 },
        Transient("garbage before headers", async (_, call) =>
        {
            await call.RawAsync("\u0000\u0001 this is not HTTP\r\n\r\n");
            call.Close();
        }),
        Transient("half a head", async (_, call) =>
        {
            await call.RawAsync("HTTP/1.1 200 OK\r\nContent-Ty");
            call.Close();
        }),
        Transient("reset after headers", async (at, call) =>
        {
            await call.BeginAsync(at.Streamed ? null : "application/json");
            call.Reset();
        }),
        Transient("silence before headers", (_, call) => call.SilenceAsync()) with { IsTimed = true },
    ];

    private static IEnumerable<FaultRow> Oddities =>
    [
        new("100 before the answer", FaultView.Answer, FaultCharge.Success, (at, call) => AfterAsync("100 Continue\r\n\r\n", at, call)),
        new("103 before the answer", FaultView.Answer, FaultCharge.Success,
            (at, call) => AfterAsync("103 Early Hints\r\nLink: </a>\r\n\r\n", at, call)),
        new("unreadable headers", FaultView.Answer, FaultCharge.Success, (at, call) => call.AnswerAsync(
            200, System.Text.Encoding.UTF8.GetBytes(at.Serves.Answer("hello")), "application/json; note=\u00a7", ("x-request-id", "\u00a7"),
            ("retry-after", "\u00a7"))) { Streamed = false },
        Transient("101 unasked", async (_, call) =>
        {
            await call.RawAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
            call.Close();
        }),
        Transient("204", (_, call) => call.RawAsync("HTTP/1.1 204 No Content\r\n\r\n")),
        .. ((int[])[300, 301, 302, 303, 307, 308]).Select(status => Refused(status) with { Name = $"{status}", IsOneOfMany = true }),
        new("304", FaultView.Refusal, FaultCharge.ClientFault,
            (_, call) => call.RawAsync("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n")) { Status = 304 },
    ];

    private static IEnumerable<FaultRow> Refusals =>
    [
        .. ((int[])[400, 404, 409, 413, 422]).SelectMany(status
            => RetryAfters.Select(after => Refused(status, after.Headers) with { Name = $"{status} with {after.Name}", IsOneOfMany = true })),
        new("too long a prompt", FaultView.TooLong, FaultCharge.Nothing, (at, call) => call.AnswerAsync(400, at.Serves.ContextError)) { MovesOn =
            true },
    ];

    private static IEnumerable<FaultRow> Statuses =>
    [
        .. ((int[])[401]).SelectMany(status => RetryAfters.Select(
            after => Transient($"{status} with {after.Name}", (at, call) => SayAsync(at, call, status, after.Headers))
            with { Charge = FaultCharge.HardDown, Floor = 1700, Ceiling = 1800, IsOneOfMany = true })),
        .. ((int[])[402, 403, 408, 429, 500, 502, 503, 504, 529])
            .SelectMany(status => RetryAfters.Select(after => Transient(
            $"{status} with {after.Name}", (at, call) => SayAsync(at, call, status, after.Headers))
            with { Floor = after.Floor, Ceiling = after.Ceiling, IsOneOfMany = true })),
        Transient("502 in HTML", (_, call) => call.AnswerAsync(502, "<html>bad</html>"u8.ToArray(), "text/html")),
        Transient("500 without a body", (_, call) => call.AnswerAsync(500, "")),
        Transient("503 cut in its body", async (_, call) =>
        {
            await call.RawAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\n{");
            call.Close();
        }),
    ];

    // Status by what the vendor says: the words decide, and the status only where they do not.
    private static IEnumerable<FaultRow> Words =>
    [
        .. ((int[])[400, 402, 403]).SelectMany(status => ((string[])
        [
            "Your credit balance is too low to be served.", "Insufficient Balance", "The billing hard limit has been reached.",
            "This organization has been disabled.",
            "Your account has been suspended.", "User location is not supported for the API use.",
        ]).Select(said => Spoken($"{status} {said}", status, said) with { Charge = FaultCharge.HardDown, Floor = 1700, Ceiling = 1800 })),
        .. ((int[])[400, 402, 403, 422]).SelectMany(status => ((string[])
        [
            "Your input was flagged by moderation.", "The prompt violates our usage policies.", "Blocked by the content filter.",
            "Content Exists Risk",
        ]).Select(said => Spoken($"{status} {said}", status, said) with
        {
            View = FaultView.Refusal, Charge = FaultCharge.ClientFault, MovesOn = false, Floor = 0, Status = status, ForeignStatus = status == 422
                ? 422 : 400,
        })),
        .. ((int[])[400, 404]).SelectMany(status => ((string[])
        [
            "The model does not exist or you do not have access to it.", "The provided model identifier is invalid.",
            "This model version has reached the end of its life.",
        ]).Select(said => Spoken($"{status} {said}", status, said) with { Status = status, IsModelGone = true })),
        Spoken("402 for a part", 402, "You requested up to 65536 tokens, but can only afford 900."),
    ];

    private static IEnumerable<FaultRow> Bodies =>
    [
        Transient("whole answer closed", async (at, call) =>
        {
            await call.RawAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{at.Serves.Answer("hello")[..^9]}");
            call.Close();
        }) with { Streamed = false },
        Transient("whole answer reset", async (at, call) =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync(at.Serves.Answer("hello")[..^9]);
            call.Reset();
        }) with { Streamed = false },
        Transient("silence in a whole answer", async (at, call) =>
        {
            await call.BeginAsync("application/json");
            await call.ChunkAsync(at.Serves.Answer("hello")[..^9]);
            await call.SilenceAsync();
        }) with { Streamed = false, IsTimed = true, MovesOn = false },
        .. ((string[])["\u0001\u0002 nothing of use", "<html>maintenance</html>", "", "[]", "{}", "{\"choices\":null}", "\"text\""])
            .Select((body, index) => Transient($"garbage {index} as an answer", (_, call) => call.AnswerAsync(200, body)) with { Streamed = false,
                IsOneOfMany = index > 2 }),
    ];

    private static IEnumerable<FaultRow> Streams =>
    [
        .. ((FaultRow[])
        [
            Transient("error first", async (at, call) =>
            {
                await call.BeginAsync();
                await call.ChunkAsync(at.Serves.ErrorEvent);
                await call.EndAsync();
            }),
            Transient("error after the prelude", async (at, call) =>
            {
                await call.BeginAsync();
                await call.ChunkAsync(string.Concat(at.Serves.Prelude));
                await call.ChunkAsync(at.Serves.ErrorEvent);
                await call.EndAsync();
            }),
            Late("error late", async (at, call) =>
            {
                await at.BeginAsync(call);
                await call.ChunkAsync(at.Serves.ErrorEvent);
                await call.EndAsync();
            }),
            Transient("silence before content", async (at, call) =>
            {
                await call.BeginAsync();
                await call.ChunkAsync(at.Serves.Prelude[0]);
                await call.SilenceAsync();
            }) with { IsTimed = true },
            Late("silence in the middle", async (at, call) =>
            {
                await at.BeginAsync(call);
                await call.SilenceAsync();
            }) with { IsTimed = true },
            Transient("garbage in place of a stream", (_, call) => call.StreamAsync(["\u0001\u0002 nothing of use"])),
            Late("garbage in the middle", async (at, call) =>
            {
                await at.BeginAsync(call);
                await call.ChunkAsync("\u0001\u0002 nothing of use");
                await call.EndAsync();
            }),
            Late("half a frame", async (at, call) =>
            {
                await at.BeginAsync(call);
                string more = at.Serves.More("lost");
                await call.ChunkAsync(more[..(more.Length / 2)]);
                call.Reset();
            }),
            Transient("oversize frame first", async (_, call) =>
            {
                await call.BeginAsync();
                await call.ChunkAsync(Oversize);
                await call.EndAsync();
            }) with { IsOneOfMany = true },
            Late("oversize frame late", async (at, call) =>
            {
                await at.BeginAsync(call);
                await call.ChunkAsync(Oversize);
                await call.EndAsync();
            }) with { IsOneOfMany = true },
        ]).Select(row => row with { Whole = false }),
    ];

    // Row k sends the first k frames of a stream. Without its terminal event no stream is complete, however it ends.
    private static IEnumerable<FaultRow> Truncations
    {
        get
        {
            foreach ((string how, Func<UpstreamCall, Task> end) in ((string, Func<UpstreamCall, Task>)[])
                [("ended", call => call.EndAsync()), ("closed", call => Done(call.Close)), ("reset", call => Done(call.Reset))])
            {
                for (int count = 0; count < LongestStream; count++)
                {
                    int frames = count;
                    yield return new FaultRow($"stream {how} after {frames} frames", default, default, async (at, call) =>
                    {
                        await call.BeginAsync();
                        string[] stream = [.. at.Serves.Stream("hello")];
                        for (int frame = 0; frame < frames; frame++)
                        {
                            await call.ChunkAsync(stream[frame]);
                            if (frame == at.Serves.Prelude.Count)
                            {
                                await at.Seen.Task;
                            }
                        }

                        await end(call);
                    }) { Whole = false, IsOneOfMany = how != "ended", Frames = frames };
                }
            }
        }
    }

    private static IEnumerable<FaultRow> Departures =>
    [
        Left("leaves before headers", FaultCharge.Nothing, Leaving.BeforeHeaders, (_, call) => call.SilenceAsync()),
        Left("leaves in the prelude", FaultCharge.Nothing, Leaving.BeforeHeaders, async (at, call) =>
        {
            await call.BeginAsync();
            await call.ChunkAsync(at.Serves.Prelude[0]);
            await call.SilenceAsync();
        }) with { Whole = false },
        Left("leaves in the middle", FaultCharge.Nothing, Leaving.AfterContent, async (at, call) =>
        {
            await at.BeginAsync(call);
            await call.SilenceAsync();
        }) with { Whole = false },
        Left("leaves an endless stream", FaultCharge.Nothing, Leaving.AfterContent, async (at, call) =>
        {
            await at.BeginAsync(call);
            string more = at.Serves.More(new string('y', 500));
            while (true)
            {
                await call.ChunkAsync(more);
            }
        }) with { Whole = false },
        Left("leaves at a reset", FaultCharge.Either, Leaving.BeforeHeaders, (_, call) => Done(call.Reset)),
        Left("leaves at a refusal", FaultCharge.Either, Leaving.BeforeHeaders, (at, call) => SayAsync(at, call, 503, [])),
        Left("leaves at an answer", FaultCharge.Either, Leaving.BeforeHeaders, (at, call) => at.Serves.ServeAsync(call)),
        Left("leaves at a late error", FaultCharge.Either, Leaving.AfterContent, async (at, call) =>
        {
            await at.BeginAsync(call);
            await call.ChunkAsync(at.Serves.ErrorEvent);
            await call.EndAsync();
        }) with { Whole = false },
        Left("leaves at a cut", FaultCharge.Either, Leaving.AfterContent, async (at, call) =>
        {
            await at.BeginAsync(call);
            call.Reset();
        }) with { Whole = false },
    ];

    private static FaultRow Transient(string name, Func<FaultCase, UpstreamCall, Task> play) =>
        new(name, FaultView.Exhausted, FaultCharge.Transient, play) { MovesOn = true, Floor = 1 };

    private static FaultRow Spoken(string name, int status, string said) =>
        Transient(name, (at, call) => call.AnswerAsync(status, at.Serves.Error("some_error", said))) with { Said = said, IsOneOfMany = true };

    private static FaultRow Late(string name, Func<FaultCase, UpstreamCall, Task> play)
        => new(name, FaultView.BrokenOff, FaultCharge.Late, play) { Floor = 1 };

    private static FaultRow Left(string name, FaultCharge charge, Leaving leaves, Func<FaultCase, UpstreamCall, Task> play) =>
        new(name, FaultView.Nobody, charge, play) { Leaves = leaves };

    private static FaultRow Refused(int status, params (string, string)[] headers) =>
        new("", FaultView.Refusal, FaultCharge.ClientFault, (at, call)
            => SayAsync(at, call, status, [.. headers, ("Location", "http://127.0.0.1:1/elsewhere")])) { Status = status };

    private static Task SayAsync(FaultCase at, UpstreamCall call, int status, (string, string)[] headers) =>
        call.AnswerAsync(status, at.Serves.Error("some_error", "canary-upstream-detail"), headers);

    private static async Task AfterAsync(string interim, FaultCase at, UpstreamCall call)
    {
        await call.RawAsync("HTTP/1.1 " + interim);
        await at.Serves.ServeAsync(call);
    }

    private static Task Unplayed(FaultCase at, UpstreamCall call) => throw new InvalidOperationException("nothing of this provider's can be reached");

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Faults;

/// <summary>
/// All rows for the providers of one protocol, at one gateway: a pool and a lane for each case, and one lane that stands in for all.
/// </summary>
internal sealed partial class FaultTable : IAsyncDisposable
{
    /// <summary>Gateways that share the cases.</summary>
    public const int Parts = 4;

    // Of so many cases one is tried over each of the other wires.
    private const int Sampled = 5;

    private const string StandIn = "hello from the other";

    private readonly Socket _unreachable = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];
    private readonly ScriptedUpstream _refusing = ScriptedUpstream.Refusing();
    private readonly ScriptedUpstream _upstream;
    private readonly TcpListener _cleartext = new(IPAddress.Loopback, 0);
    private readonly SpokenProtocol _serves;
    private readonly FaultWire _wire;
    private Http2Front? _front;

    private FaultTable(SpokenProtocol serves, FaultWire wire, IEnumerable<FaultCase> cases)
    {
        _serves = serves;
        _wire = wire;
        Cases = [.. cases];
        var byNumber = Cases.ToDictionary(at => at.Number);
        _upstream = ScriptedUpstream.Start(serves.StreamContentType, wire == FaultWire.Https);
        _upstream.Always = call => int.Parse(WireModel().Match(call.Request.Path + call.Request.Text).Groups[1].ValueSpan,
            CultureInfo.InvariantCulture) is > 0 and var number
            ? byNumber[number].PlayAsync(call)
            : serves.ServeAsync(call, StandIn);
    }

    /// <summary>Everything that is to be tried.</summary>
    public FaultCase[] Cases { get; }

    /// <summary>The gateway.</summary>
    public Scene Scene { get; private set; } = null!;

    /// <summary>Starts the gateway with the cases of one part, from 0 to <see cref="Parts"/> - 1, over TLS.</summary>
    public static Task<FaultTable> StartAsync(SpokenProtocol serves, int part)
        => StartAsync(new FaultTable(serves, FaultWire.Https, Expand(serves).Where(at => at.Number % Parts == part)));

    /// <summary>Starts the gateway with a few cases of every kind that need no waiting, over another wire.</summary>
    public static Task<FaultTable> SampleAsync(SpokenProtocol serves, FaultWire wire) => StartAsync(
        new FaultTable(serves, wire, Expand(serves).Where(at => at.Row is { IsTimed: false, Provider: "p", IsOddity: false }
            && at.Number % Sampled == (int)wire)));

    private static async Task<FaultTable> StartAsync(FaultTable table)
    {
        if (table._wire == FaultWire.Http2)
        {
            table._front = await Http2Front.StartAsync(table._upstream);
        }

        table.FillUnreachable();
        table._cleartext.Start();
        _ = table.AnswerCleartextAsync();
        table.Scene = await Scene.StartAsync([table._upstream], [table._serves], table.Config, new() { ["KEY"] = Scene.KeyOf(0) });
        return table;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _cleartext.Stop();
        _unreachable.Dispose();
        _waiting.ForEach(socket => socket.Dispose());
        await _refusing.DisposeAsync();
        await Scene.DisposeAsync();
        if (_front is not null)
        {
            await _front.DisposeAsync();
        }
    }

    /// <summary>Whether an answer is that of the lane that stands in.</summary>
    public static bool IsStandIn(string text) => text.Contains(StandIn, StringComparison.Ordinal);

    // Clients rotate from row to row, so that every pair of protocols meets many rows, and its own protocol meets each row.
    private static IEnumerable<FaultCase> Expand(SpokenProtocol serves)
    {
        int number = 0;
        int own = Array.IndexOf(SpokenProtocol.All, serves);
        int index = 0;
        foreach (FaultRow row in FaultRows.All.Select(row => row.For(serves)).OfType<FaultRow>())
        {
            index++;
            foreach (bool streamed in (bool[])[false, true])
            {
                if (streamed ? !row.Streamed : !row.Whole)
                {
                    continue;
                }

                int other = 1 + ((index + (streamed ? 2 : 0)) % (SpokenProtocol.All.Length - 1));
                SpokenProtocol foreign = SpokenProtocol.All[(own + other) % SpokenProtocol.All.Length];
                if (row.IsOneOfMany)
                {
                    bool first = (index + own + (streamed ? 1 : 0)) % 2 == 0;
                    yield return new FaultCase(++number, row, first ? serves : foreign, serves, streamed, isBacked: index % 4 < 2);
                    continue;
                }

                yield return new FaultCase(++number, row, serves, serves, streamed, isBacked: false);
                yield return new FaultCase(++number, row, foreign, serves, streamed, isBacked: false);
                if (row.Leaves == Leaving.Never)
                {
                    yield return new FaultCase(++number, row, SpokenProtocol.All[(own + other + 1) % SpokenProtocol.All.Length], serves, streamed,
                        isBacked: true);
                }
            }
        }
    }

    private string Config(int port)
    {
        string provider = $"protocol: {_serves.Name}, api_key_env: KEY, allow_private_network: true";
        string trusted = _wire == FaultWire.Http ? ""
            : $", tls: {{ ca_file: \"{TestAuthority.File}\" }}{(_front is null ? "" : ", http_version: 2")}";
        var text = new StringBuilder($"""
            listen: 127.0.0.1:{port}
            auth: {"{"} mode: token, client_tokens: [{Scene.Token}] {"}"}
            limits: {"{"} upstream_idle_timeout_secs: 6 {"}"}
            providers:
              p: {"{"} {provider}, base_url: "{_front?.Address ?? _upstream.Address}"{trusted} {"}"}
              refused: {"{"} {provider}, base_url: "http://127.0.0.1:{_refusing.Port}" {"}"}
              unreachable: {"{"} {provider}, base_url: "http://127.0.0.1:{((IPEndPoint)_unreachable.LocalEndPoint!).Port}" {"}"}
              tls: {"{"} {provider}, base_url: "https://127.0.0.1:{((IPEndPoint)_cleartext.LocalEndpoint).Port}" {"}"}
            models:
              standin: {"{"} provider: p, upstream_model: wire-0, max_concurrent: 1000 {"}"}

            """);
        foreach (FaultCase at in Cases)
        {
            text.Append($"  {at.Lane}: {{ provider: {at.Row.Provider}, upstream_model: wire-{at.Number}, max_concurrent: 1 }}\n");
        }

        text.Append("pools:\n");
        foreach (FaultCase at in Cases)
        {
            // A second lane is tried after two seconds of silence; without one, silence lasts for as long as a request may.
            string own = at.Row.IsTimed && at.IsRescued ? ", attempt_timeout_ms: 2000" : "";
            string other = at.IsBacked ? ", { target: standin, weight: 1 }" : "";
            string deadline = !at.Row.IsTimed || at.Row.View == FaultView.BrokenOff ? ""
                : $"failover: {{ deadline_secs: {(at.IsRescued ? 12 : 4)} }}, ";
            text.Append($"  {at.Pool}: {{ {deadline}breaker: {{ base_cooldown_secs: 60, max_cooldown_secs: 120 }}, members: [{{ target: {at.Lane}, " +
                $"weight: 1000{own} }}{other}] }}\n");
        }

        return text.ToString();
    }

    // Its queue of connections is full: what comes now waits for an answer.
    private void FillUnreachable()
    {
        _unreachable.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _unreachable.Listen(0);
        for (int client = 0; client < 4; client++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            _waiting.Add(socket);
            try
            {
                socket.Connect(_unreachable.LocalEndPoint!);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // On its way, for ever.
            }
        }
    }

    private async Task AnswerCleartextAsync()
    {
        try
        {
            while (true)
            {
                using Socket socket = await _cleartext.AcceptSocketAsync();
                await socket.SendAsync((byte[])[.. "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8]);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    [GeneratedRegex("wire-([0-9]+)")]
    private static partial Regex WireModel();
}

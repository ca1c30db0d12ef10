using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Busbar.Tests.Governance.Store.Postgres;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>
/// What goes wrong, and when it did: reloads, crashes, stops within and beyond the end of a session, a database that is cut off or crashes.
/// </summary>
internal sealed class StormTrouble(StormNode[] nodes, PostgresServer server, TcpGate gate, Action<string> tell)
{
    // Beyond the end of a session.
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(17);

    /// <summary>Starts of nodes that ended in a crash, and when: milliseconds since 1970.</summary>
    public ConcurrentDictionary<(int Node, int Start), long> Crashes { get; } = new();

    /// <summary>Stops of nodes, with their beginning and end in milliseconds since 1970.</summary>
    public ConcurrentQueue<(int Node, long From, long Until)> Stops { get; } = new();

    /// <summary>How many troubles there were.</summary>
    public int Count { get; private set; }

    /// <summary>Each kind once, and the long ones now and then.</summary>
    public async Task RunAsync(int round)
    {
        var random = new Random(round);
        await Task.Delay(2000);
        Array.ForEach(nodes, node => node.Process.Signal(PosixSignal.SIGHUP));
        await CrashAsync(random.Next(nodes.Length));
        await Task.Delay(1500);
        gate.Reset();
        await Task.Delay(1000);
        gate.Open();
        await Task.Delay(1500);
        await CrashAsync(random.Next(nodes.Length));
        await StopAsync(random.Next(nodes.Length), TimeSpan.FromSeconds(3));
        gate.Silence();
        await Task.Delay(3000);
        gate.Open();
        Count += 3;
        if (round % 3 == 0)
        {
            await Task.Delay(1500);
            server.Stop();
            await Task.Delay(300);
            server.Start();
            Count++;
        }

        if (round % 4 == 0)
        {
            await StopAsync(random.Next(nodes.Length), s_long);
        }

        tell($"{Count} troubles");
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private async Task CrashAsync(int node)
    {
        int start = nodes[node].Starts;
        await nodes[node].Process.KillAsync();
        Crashes[(node, start)] = Now;
        await nodes[node].StartAsync();
        Count++;
    }

    private async Task StopAsync(int node, TimeSpan time)
    {
        long from = Now;
        nodes[node].Send("STOP");
        await Task.Delay(time);
        nodes[node].Send("CONT");
        Stops.Enqueue((node, from, Now));
        Count++;
    }
}

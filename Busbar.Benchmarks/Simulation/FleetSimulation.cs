using System.Diagnostics;
using System.Globalization;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Tests.Governance.Leases;

namespace Busbar.Benchmarks.Simulation;

/// <summary>
/// A fleet that grows, second by second in simulated time, with the engine of the program and the database's rules in memory: what it costs in
/// statements, and how much of what is left of a limit lies unused at nodes.
/// </summary>
internal static class FleetSimulation
{
    private const int Seconds = 12;
    private const int KeysOfFleet = 1_000_000;
    private const int RequestsPerSecond = 1000;
    private const int ActiveKeys = 1000;
    private const int StepsPerSecond = 20;
    private const int RoundsPerSecond = 4;

    /// <summary>Runs it for some sizes, and prints a table.</summary>
    public static void Run()
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{KeysOfFleet} keys below one group, {RequestsPerSecond} requests/s a node for {ActiveKeys} active keys, {Seconds} s"));
        Console.WriteLine("nodes  statements/s/node  limits/statement  waited % (warm)  stranded % (far)  stranded % (near)  usable %");
        foreach (int nodes in (int[])[1, 3, 10, 50, 200])
        {
            Simulate(nodes);
        }
    }

    private static void Simulate(int nodes)
    {
        var time = new ManualTime();
        var store = new MemoryLeaseStore(time);
        var random = new Random(nodes);

        // Of the million keys each node serves some thousand at a time; the others cost nothing but their place.
        var limits = new Limit[KeysOfFleet];
        var own = new Limit { Kind = LimitKind.Budget, Period = LimitPeriod.Month, Max = 1_000_000 };
        Array.Fill(limits, own);
        var far = new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Day, Max = (long)nodes * RequestsPerSecond * Seconds * 4 };
        var near = new Limit { Kind = LimitKind.Requests, Period = LimitPeriod.Day, Max = (long)nodes * RequestsPerSecond };
        Node[] fleet = [.. Enumerable.Range(0, nodes).Select(_ => new Node(store, time, far, near))];
        long admitted = 0;
        long nearAdmitted = 0;
        long asked = 0;
        long waited = 0;
        var waiting = new List<int>();
        for (int step = 0; step < Seconds * StepsPerSecond; step++)
        {
            time.Advance(TimeSpan.FromSeconds(1.0 / StepsPerSecond));

            // The first request of a key on a node waits.
            bool isWarm = step % (6 * StepsPerSecond) >= 4 * StepsPerSecond;
            foreach (Node node in fleet)
            {
                for (int i = 0; i < RequestsPerSecond / StepsPerSecond; i++)
                {
                    // The active keys of the fleet in any order, and after six seconds others.
                    int key = (random.Next(ActiveKeys) * 997 + (step / (6 * StepsPerSecond) * 7919)) % KeysOfFleet;
                    asked += isWarm ? 1 : 0;
                    Refusal refusal = node.Take(key, limits[key]);
                    admitted += refusal == Refusal.None ? 1 : 0;
                    if (refusal == Refusal.Lease)
                    {
                        waiting.Add(key);
                    }
                }

                // Who waits in one step goes into one call, as all do that wait at once in the program; the rest is said four times a second.
                int passed = node.TakeNear(RequestsPerSecond / StepsPerSecond / 5, out bool waits);
                if (waiting.Count > 0 || waits || step % (StepsPerSecond / RoundsPerSecond) == 0)
                {
                    node.Round();
                }

                waited += isWarm ? waiting.Count : 0;
                admitted += waiting.Count(key => node.Take(key, limits[key]) == Refusal.None);
                nearAdmitted += passed + (waits ? node.TakeNear(1, out _) : 0);
                waiting.Clear();
            }
        }

        long calls = fleet.Sum(node => node.Desk.Calls);
        (long farUsed, long farLeased) = store.Read(Node.Org, far.Key, ManualTime.Day);
        long stranded = farLeased * 100 / Math.Max(1, far.Max - farUsed);
        (long nearUsed, long nearLeased) = store.Read(Node.Team, near.Key, ManualTime.Day);
        long asks = store.Asks;
        for (int i = 0; i < 600; i++)
        {
            time.Advance(TimeSpan.FromSeconds(0.25));
            foreach (Node node in fleet)
            {
                nearAdmitted += node.TakeNear(1, out _);
                node.Round();
                nearAdmitted += node.TakeNear(1, out _);
            }
        }

        double perSecond = (double)calls / nodes / Seconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{nodes,5}  {perSecond,17:0.0}  {(double)asks / Math.Max(1, calls),16:0}  {waited * 100.0 / asked,15:0.00}  {stranded,16} " +
                $" {(double)nearLeased * 100 / near.Max,17:0.00}  {nearAdmitted * 100.0 / near.Max,8:0.00}"));
        Debug.Assert(admitted > 0 && nearUsed <= near.Max, "the simulation is of nothing");
    }
}

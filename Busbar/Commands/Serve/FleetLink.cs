using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Busbar.Gateway;
using Busbar.Governance.Nodes;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Commands.Serve;

/// <summary>
/// Joins what nodes tell each other with the lanes of this process. A lane is known among nodes by what it calls and with which credential, since
/// each numbers its own.
/// </summary>
internal sealed class FleetLink
{
    private readonly FleetWatch _watch;
    private readonly GatewayApplication _application;
    private readonly TimeProvider _time;
    private Lanes? _known;

    private FleetLink(FleetWatch watch, GatewayApplication application, TimeProvider time)
    {
        _watch = watch;
        _application = application;
        _time = time;
    }

    /// <summary>Begins to tell and to hear.</summary>
    public static void Join(FleetWatch watch, GatewayApplication application, BreakerMetrics events, TimeProvider time)
    {
        var link = new FleetLink(watch, application, time);
        ResponseAffinity affinity = application.Snapshot.Fleet.ResponseAffinity;
        affinity.Added = link.TellHome;
        affinity.Ask = watch.CatchUpAsync;
        events.Down = lane => link.TellDown(lane);
        events.Waiting = (lane, wait) => link.Tell(SharedFact.Wait, lane, "", wait);
        watch.Told = link.Hear;
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private void TellHome(ulong id, int lane, string? owner)
    {
        if (Known().Names.TryGetValue(lane, out string? name))
        {
            _watch.Tell(new SharedFact(SharedFact.Home, id.ToString("x16", CultureInfo.InvariantCulture), $"{name} {owner}",
                Now + (long)ResponseAffinity.Lifetime.TotalSeconds));
        }
    }

    private void TellDown(Lane lane)
    {
        long left = lane.State.Slots.Max(slot => slot.Cell.CooldownRemainingMs);
        if (lane.State.DeadReason is { } reason && left > 0)
        {
            Tell(SharedFact.Down, lane, reason, TimeSpan.FromMilliseconds(left));
        }
    }

    private void Tell(string kind, Lane lane, string value, TimeSpan left)
    {
        if (Known().Names.TryGetValue(lane.Index, out string? name))
        {
            _watch.Tell(new SharedFact(kind, name, value, Now + (long)left.TotalSeconds));
        }
    }

    private void Hear(SharedFact fact)
    {
        var left = TimeSpan.FromSeconds(fact.Until - Now);
        if (left <= TimeSpan.Zero)
        {
            return;
        }

        Dictionary<string, Lane> lanes = Known().ByName;
        switch (fact.Kind)
        {
            case SharedFact.Lane:
                foreach (Lane lane in _application.Snapshot.Fleet.Lanes.Where(lane => lane.Name == fact.Id))
                {
                    lane.IsDisabled = fact.Value == "off";
                }

                break;
            case SharedFact.Home when fact.Value.Split(' ', 2) is [var home, var owner] && lanes.TryGetValue(home, out Lane? keeper)
                && ulong.TryParse(fact.Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong id):
                _application.Snapshot.Fleet.ResponseAffinity.Learn(id, keeper.Index, owner.Length > 0 ? owner : null);
                break;
            case SharedFact.Down when lanes.TryGetValue(fact.Id, out Lane? lane):
                lane.State.HearDown(fact.Value, left);
                break;
            case SharedFact.Wait when lanes.TryGetValue(fact.Id, out Lane? lane):
                lane.State.HearWait(left);
                break;
        }
    }

    // Again after each reload.
    private Lanes Known()
    {
        Fleet fleet = _application.Snapshot.Fleet;
        Lanes? known = Volatile.Read(ref _known);
        if (known is null || known.Fleet != fleet)
        {
            var byName = new Dictionary<string, Lane>(StringComparer.Ordinal);
            var names = new Dictionary<int, string>();
            foreach (Lane lane in fleet.Lanes)
            {
                string name = NameOf(lane);
                byName[name] = lane;
                names[lane.Index] = name;
            }

            known = new Lanes(fleet, byName, names);
            Volatile.Write(ref _known, known);
        }

        return known;
    }

    // Where the key comes from may differ between machines.
    private static string NameOf(Lane lane) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes((LaneIdentity.Of(lane.Model, lane.Provider, lane.KeyIndex) with { KeySource = "" }).ToString())), 0,
        12);

    private sealed record Lanes(Fleet Fleet, Dictionary<string, Lane> ByName, Dictionary<int, string> Names);
}

using System.Text.Json;
using Busbar.Configuration.Binding;
using Busbar.Governance.Keys;
using Busbar.Governance.Nodes;
using Busbar.Observability.Stats;
using Busbar.Reliability;
using Busbar.Wire.Json;

namespace Busbar.Admin.Process;

/// <summary>
/// Answers everything about lanes. A lane is named by its model; where the provider has several keys, an act concerns the lanes of all of them.
/// </summary>
internal sealed class LaneEndpoints(IGatewayControl control, AuditLog audit, FleetWatch? watch)
{
    /// <summary>Answers <paramref name="call"/>; null when the answer is written, else what is wrong.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call)
    {
        IReadOnlyList<Lane> all = control.Fleet.Lanes;
        if (call.Action == AdminAction.ListLanes)
        {
            return Show(call, all, []);
        }

        List<Lane> lanes = [.. all.Where(lane => lane.Name == call.Subject)];
        if (lanes.Count == 0)
        {
            return AdminError.NotFound(
                $"there is no lane with this name; {Nearest.Remedy(call.Subject, [.. all.Select(lane => lane.Name).Distinct()])}");
        }

        List<ProbeOutcome> probes = [];
        foreach (Lane lane in lanes)
        {
            switch (call.Action)
            {
                case AdminAction.DisableLane:
                    lane.IsDisabled = true;
                    break;
                case AdminAction.EnableLane:
                    lane.IsDisabled = false;
                    break;
                case AdminAction.ResetLane:
                    lane.State.Reset();
                    break;
                default:
                    probes.Add(await control.ProbeAsync(lane).ConfigureAwait(false));
                    break;
            }
        }

        if (call.Action is AdminAction.DisableLane or AdminAction.EnableLane)
        {
            watch?.Tell(new SharedFact(SharedFact.Lane, call.Subject, call.Action == AdminAction.DisableLane ? "off" : "on", SharedFact.Never));
        }

        await Task.Run(() => audit.Note(Name(call.Action), call.Subject, "", call.Request.Source)).ConfigureAwait(false);
        return Show(call, lanes, probes);
    }

    private static string Name(AdminAction action) => action switch
    {
        AdminAction.DisableLane => "lane.disable",
        AdminAction.EnableLane => "lane.enable",
        AdminAction.ResetLane => "lane.reset",
        _ => "lane.probe",
    };

    private static AdminError? Show(AdminCall call, IReadOnlyList<Lane> lanes, List<ProbeOutcome> probes)
    {
        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("lanes"u8);
        foreach (Lane lane in lanes)
        {
            json.Raw(JsonSerializer.SerializeToUtf8Bytes(LaneStats.Of(lane), StatsJson.Default.LaneStats));
        }

        json.EndArray();
        if (call.Action == AdminAction.ProbeLane)
        {
            json.StartArray("probes"u8);
            foreach (ProbeOutcome probe in probes)
            {
                json.StartObject();
                json.Bool("ok"u8, probe.Ok);
                json.Number("status"u8, probe.Status);
                json.String("fault"u8, probe.Fault ?? "none");
                json.EndObject();
            }

            json.EndArray();
        }

        json.EndObject();
        return null;
    }
}

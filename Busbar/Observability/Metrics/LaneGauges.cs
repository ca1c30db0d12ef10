using System.Text;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;

namespace Busbar.Observability.Metrics;

/// <summary>Gauges of lanes and breaker cells, read when the page is asked for.</summary>
internal static class LaneGauges
{
    /// <summary>Appends the gauges of every pool of <paramref name="fleet"/>, direct routes included under their model's name.</summary>
    public static void Render(StringBuilder text, Fleet fleet)
    {
        Metrics.Head(text, "busbar_lane_state", "Breaker of a lane in a pool: 0 closed, 1 half-open, 2 open; 3 when the lane is disabled.", "gauge");
        foreach (Pool pool in Metrics.AllPools(fleet))
        {
            foreach (PoolMember member in Distinct(pool))
            {
                Line(text, "busbar_lane_state", ["pool", "lane"], [pool.Name, member.Lane.Name], StateOf(pool, member.Lane.Name));
            }
        }

        Lanes(text, fleet, "busbar_lane_inflight", "Upstream calls in flight.", lane => lane.Permits.InFlight);
        Lanes(text, fleet, "busbar_lane_available_permits", "Upstream calls that may still begin.", lane => lane.Permits.Free);
        Metrics.Head(text, "busbar_lane_latency_seconds", "Moving average of the time to the headers of a good answer; absent before the first.", "gauge");
        foreach (Lane lane in fleet.Lanes.DistinctBy(lane => lane.Name))
        {
            if (lane.State.Latency.Milliseconds is { } average)
            {
                Line(text, "busbar_lane_latency_seconds", ["lane"], [lane.Name], average / 1000);
            }
        }

        Metrics.Head(text, "busbar_pool_queued", "Requests that wait for a permit.", "gauge");
        foreach (Pool pool in Metrics.AllPools(fleet))
        {
            Line(text, "busbar_pool_queued", ["pool"], [pool.Name], pool.Queued);
        }
    }

    private static void Lanes(StringBuilder text, Fleet fleet, string name, string help, Func<Lane, double> value)
    {
        Metrics.Head(text, name, help, "gauge");
        foreach (Lane lane in fleet.Lanes.DistinctBy(lane => lane.Name))
        {
            Line(text, name, ["lane"], [lane.Name], value(lane));
        }
    }

    private static IEnumerable<PoolMember> Distinct(Pool pool) => pool.Members.DistinctBy(member => member.Lane.Name);

    // A model with several keys has several cells in a pool; the series shows the healthiest, since the model is as available as that.
    private static int StateOf(Pool pool, string lane) =>
        pool.Members.Where(member => member.Lane.Name == lane).Min(member => member switch
        {
            { Lane.IsDisabled: true } => 3,
            { Slot.Cell.Word.State: BreakerState.Closed } => 0,
            { Slot.Cell.Word.State: BreakerState.HalfOpen } => 1,
            _ => 2,
        });

    private static void Line(StringBuilder text, string name, ReadOnlySpan<string> labels, ReadOnlySpan<string> values, double value) =>
        text.Append(name).Append('{').Append(LabelText.Render(labels, values)).Append("} ").Append(Metrics.Text(value)).Append('\n');
}

using System.Text;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;

namespace Busbar.Observability.Metrics;

/// <summary>
/// Gauges of lanes and breaker cells, read when the page is asked for. The state of a lane in a pool is always there, since alerts watch it; the rest is there
/// once the lane was called.
/// </summary>
internal static class LaneGauges
{
    /// <summary>Most series of lanes and pools.</summary>
    public const int MaxSeries = 2_500;

    /// <summary>
    /// Appends the gauges of every pool of <paramref name="fleet"/>, direct routes included under their model's name. Returns how many series are left out because
    /// there are more than <paramref name="most"/>.
    /// </summary>
    public static long Render(StringBuilder text, Fleet fleet, int most = MaxSeries)
    {
        var lines = new Lines(text, most);
        lines.Head("busbar_lane_state", "Lane in a pool: 0 closed, 1 half-open, 2 open, 3 disabled by an administrator, 4 down because of its credential, account or model.");
        foreach (Pool pool in Metrics.AllPools(fleet))
        {
            foreach (PoolMember member in pool.Members.DistinctBy(member => member.Lane.Name))
            {
                lines.Add(["pool", "lane"], [pool.Name, member.Lane.Name], StateOf(pool, member.Lane.Name));
            }
        }

        HashSet<string> names = [.. fleet.Lanes.Where(WasCalled).Select(lane => lane.Name)];
        Lane[] called = [.. fleet.Lanes.DistinctBy(lane => lane.Name).Where(lane => names.Contains(lane.Name))];
        Lanes(lines, called, "busbar_lane_inflight", "Upstream calls in flight.", lane => lane.Permits.InFlight);
        Lanes(lines, called, "busbar_lane_available_permits", "Upstream calls that may still begin.", lane => lane.Permits.Free);
        lines.Head("busbar_lane_latency_seconds", "Moving average of the time to the headers of a good answer; absent before the first.");
        foreach (Lane lane in called)
        {
            if (lane.State.Latency.Milliseconds is { } average)
            {
                lines.Add(["lane"], [lane.Name], average / 1000);
            }
        }

        lines.Head("busbar_pool_queued", "Requests that wait for a permit.");
        foreach (Pool pool in Metrics.AllPools(fleet).Where(pool => pool.Queued > 0 || pool.Members.Any(member => names.Contains(member.Lane.Name))))
        {
            lines.Add(["pool"], [pool.Name], pool.Queued);
        }

        return lines.LeftOut;
    }

    private static void Lanes(Lines lines, Lane[] lanes, string name, string help, Func<Lane, double> value)
    {
        lines.Head(name, help);
        foreach (Lane lane in lanes)
        {
            lines.Add(["lane"], [lane.Name], value(lane));
        }
    }

    private static bool WasCalled(Lane lane) => lane.Permits.InFlight > 0 || (lane.State.Ok | lane.State.Errors | lane.State.ClientFaults) != 0;

    // A model with several keys has several cells in a pool; the series shows the healthiest, since the model is as available as that.
    private static int StateOf(Pool pool, string lane) =>
        pool.Members.Where(member => member.Lane.Name == lane).Min(member => member switch
        {
            { Lane.IsDisabled: true } => 3,
            { Slot.Cell.Word.State: BreakerState.Closed } => 0,
            { Lane.State.DeadReason: not null } => 4,
            { Slot.Cell.Word.State: BreakerState.HalfOpen } => 1,
            _ => 2,
        });

    // Lines of one page, as many as may be.
    private sealed class Lines(StringBuilder text, int most)
    {
        private string _name = "";

        public long LeftOut { get; private set; }

        public void Head(string name, string help)
        {
            _name = name;
            Metrics.Head(text, name, help, "gauge");
        }

        public void Add(ReadOnlySpan<string> labels, ReadOnlySpan<string> values, double value)
        {
            if (most == 0)
            {
                LeftOut++;
                return;
            }

            most--;
            text.Append(_name).Append('{').Append(LabelText.Render(labels, values)).Append("} ").Append(Metrics.Text(value)).Append('\n');
        }
    }
}

using System.Diagnostics.Metrics;
using Busbar.Reliability;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Selection;

namespace Busbar.Observability.Metrics;

/// <summary>
/// Gauges of lanes and breaker cells, read when the page is asked for. The state of a lane in a pool is always there, since alerts watch it; the rest
/// is there once the lane was called.
/// </summary>
internal static class LaneGauges
{
    /// <summary>Most series of lanes and pools.</summary>
    public const int MaxSeries = 2_500;

    /// <summary>
    /// The gauges of every pool of <paramref name="fleet"/>, direct routes included under their model's name, and how many series are left out
    /// because there are more than <paramref name="most"/>.
    /// </summary>
    public static (IReadOnlyList<Figure> Figures, long LeftOut) Read(Fleet fleet, int most = MaxSeries)
    {
        var lines = new Lines(most);
        lines.Head("busbar_lane_state",
            "Lane in a pool: 0 closed, 1 half-open, 2 open, 3 disabled by an administrator, 4 down because of its credential, account or model.");
        foreach (Pool pool in Metrics.AllPools(fleet))
        {
            foreach (PoolMember member in pool.Members.DistinctBy(member => member.Lane.Name))
            {
                lines.Add(StateOf(pool, member.Lane.Name), new("pool", pool.Name), new("lane", member.Lane.Name));
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
                lines.Add(average / 1000, new KeyValuePair<string, object?>("lane", lane.Name));
            }
        }

        lines.Head("busbar_pool_queued", "Requests that wait for a permit.");
        foreach (Pool pool in Metrics.AllPools(fleet).Where(pool => pool.Queued > 0 || pool.Members.Any(member => names.Contains(member.Lane.Name))))
        {
            lines.Add(pool.Queued, new KeyValuePair<string, object?>("pool", pool.Name));
        }

        return (lines.Figures, lines.LeftOut);
    }

    private static void Lanes(Lines lines, Lane[] lanes, string name, string help, Func<Lane, double> value)
    {
        lines.Head(name, help);
        foreach (Lane lane in lanes)
        {
            lines.Add(value(lane), new KeyValuePair<string, object?>("lane", lane.Name));
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

    // As many series as may be.
    private sealed class Lines(int most)
    {
        private readonly List<Figure> _figures = [];
        private List<Measurement<double>> _points = [];

        public IReadOnlyList<Figure> Figures => _figures;

        public long LeftOut { get; private set; }

        public void Head(string name, string help)
        {
            _points = [];
            _figures.Add(new Figure(name, help, IsTotal: false, _points));
        }

        public void Add(double value, params KeyValuePair<string, object?>[] labels)
        {
            if (most == 0)
            {
                LeftOut++;
                return;
            }

            most--;
            _points.Add(new Measurement<double>(value, labels));
        }
    }
}

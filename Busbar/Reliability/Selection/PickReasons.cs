namespace Busbar.Reliability.Selection;

/// <summary>The words for <see cref="PickReason"/> in headers, log and spans.</summary>
internal static class PickReasons
{
    /// <summary>One word.</summary>
    public static string Name(this PickReason reason) => reason switch
    {
        PickReason.Weighted => "weighted",
        PickReason.Priority => "priority",
        PickReason.LeastLatency => "least_latency",
        PickReason.LeastBusy => "least_busy",
        PickReason.LeastCost => "least_cost",
        PickReason.Home => "home",
        PickReason.Affinity => "affinity",
        PickReason.Hedge => "hedge",
        PickReason.Cooling => "cooling",
        _ => "last_resort",
    };
}

using Busbar.Governance.Groups;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Store;

/// <summary>What a store holds at start.</summary>
/// <param name="Keys">Every key, by creation.</param>
/// <param name="Windows">The current budget window of each key that has used anything in it; the start is fastest where they come in the order of the
/// keys.</param>
/// <param name="UnreadableWindows">Ids of keys whose current window cannot be read; <c>on_store_error</c> decides about them.</param>
internal sealed record StoredGovernance(IReadOnlyList<VirtualKey> Keys, IEnumerable<WindowUsage> Windows, IReadOnlyList<string> UnreadableWindows)
{
    /// <summary>Every group.</summary>
    public IReadOnlyList<Group> Groups { get; init; } = [];

    /// <summary>Counts of limits, of this window and of earlier ones.</summary>
    public IReadOnlyList<LimitUsage> LimitUsages { get; init; } = [];

    /// <summary>What was understood only in part, a sentence each, for the log.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Governance.Nodes;

/// <summary>
/// A store that other processes change too. An edit of what somebody else has changed since <see cref="Position"/> throws
/// <see cref="StaleStoreException"/>.
/// </summary>
internal interface IFleetStore : IGovernanceStore
{
    /// <summary>Number under which this process writes.</summary>
    long Epoch { get; }

    /// <summary>Where the database is, without anything secret.</summary>
    string Place { get; }

    /// <summary>The last change that this process has followed.</summary>
    long Position { get; set; }

    /// <summary>How far everybody has come. Answers, or fails, within a second or two.</summary>
    FleetHead ReadHead();

    /// <summary>What all nodes have used of the limits of <paramref name="owners"/>, in every window that is kept.</summary>
    IReadOnlyList<LimitUsage> ReadLimitUsages(IReadOnlyCollection<string> owners);

    /// <summary>Tells the others; at least one fact, and at most one about each thing. How far everybody has come with that.</summary>
    FleetHead PutFacts(IReadOnlyCollection<SharedFact> facts);

    /// <summary>What anybody told after <paramref name="after"/> and is still of use, with its number, in their order.</summary>
    IReadOnlyList<(long Number, SharedFact Fact)> ReadFacts(long after);

    /// <summary>What was changed after <see cref="Position"/>, in the order of numbers.</summary>
    IReadOnlyList<FleetChange> ReadChanges();

    /// <summary>The keys with these ids that exist; every key for null.</summary>
    IReadOnlyList<VirtualKey> ReadKeys(IReadOnlyCollection<string>? ids);

    /// <summary>Every group.</summary>
    IReadOnlyList<Group> ReadGroups();

    /// <summary>Says that this process lives.</summary>
    void Beat();

    /// <summary>Every process that was heard within the last day, the oldest first.</summary>
    IReadOnlyList<FleetNode> ReadNodes();
}

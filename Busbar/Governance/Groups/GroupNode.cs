namespace Busbar.Governance.Groups;

/// <summary>A group in force. One object for as long as the group exists; edits replace what it holds.</summary>
internal sealed class GroupNode
{
    private Group _group;
    private LimitCounter[] _chain = [];
    private volatile bool _isFrozen;

    /// <summary>A group that is not in the tree yet.</summary>
    public GroupNode(Group group)
    {
        _group = group;
        Counters = LimitCounters.Of(group.Id, group.Limits, []);
    }

    /// <summary>The group as last edited.</summary>
    public Group Group
    {
        get => Volatile.Read(ref _group);
        set
        {
            Counters = LimitCounters.Of(value.Id, value.Limits, Counters);
            Volatile.Write(ref _group, value);
        }
    }

    /// <summary>The counts of its own limits.</summary>
    public LimitCounter[] Counters { get; private set; }

    /// <summary>Its counters and those of every group above, in the order in which they are locked.</summary>
    public LimitCounter[] Chain => Volatile.Read(ref _chain);

    /// <summary>Whether it, or a group above, is frozen.</summary>
    public bool IsFrozen => _isFrozen;

    /// <summary>Whether any of <see cref="Chain"/> counts money or tokens.</summary>
    public bool NeedsEstimate { get; private set; }

    /// <summary>Takes its place below <paramref name="parent"/>, which has taken its own.</summary>
    public void Join(GroupNode? parent)
    {
        LimitCounter[] chain = LimitCounters.Sorted([.. Counters, .. parent?.Chain ?? []]);
        NeedsEstimate = LimitCounters.NeedEstimate(chain);
        Volatile.Write(ref _chain, chain);
        _isFrozen = Group.IsFrozen || parent is { IsFrozen: true };
    }
}

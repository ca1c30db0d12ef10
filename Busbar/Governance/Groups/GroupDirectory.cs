using System.Collections.Concurrent;

namespace Busbar.Governance.Groups;

/// <summary>The tree of groups in memory. Readers never wait; whoever edits serialises the edits.</summary>
internal sealed class GroupDirectory
{
    private readonly ConcurrentDictionary<string, GroupNode> _nodes = new(StringComparer.Ordinal);

    /// <summary>Number of groups.</summary>
    public int Count => _nodes.Count;

    /// <summary>All, by creation.</summary>
    public IEnumerable<GroupNode> All => _nodes.Values.OrderBy(node => node.Group.CreatedAt).ThenBy(node => node.Group.Id, StringComparer.Ordinal);

    /// <summary>Every counter.</summary>
    public IEnumerable<LimitCounter> Counters => _nodes.Values.SelectMany(node => node.Counters);

    /// <summary>The group called <paramref name="id"/>; null when there is none.</summary>
    public GroupNode? Find(string? id) => id is not null && _nodes.TryGetValue(id, out GroupNode? node) ? node : null;

    /// <summary>The groups right below <paramref name="parentId"/>; those at the top for null.</summary>
    public IEnumerable<GroupNode> Children(string? parentId) => _nodes.Values.Where(node => node.Group.ParentId == parentId);

    /// <summary>Whether <paramref name="id"/> is <paramref name="other"/>, or a group below it.</summary>
    public bool IsWithin(string? id, string other)
    {
        for (int depth = 0; id is not null && depth <= _nodes.Count; depth++)
        {
            if (id == other)
            {
                return true;
            }

            id = Find(id)?.Group.ParentId;
        }

        return false;
    }

    /// <summary>Adds the groups of a start. The id of one whose parents form a ring or do not exist; null when there is none.</summary>
    public string? AddAll(IEnumerable<Group> groups)
    {
        foreach (Group group in groups)
        {
            _nodes[group.Id] = new GroupNode(group);
        }

        return Join();
    }

    /// <summary>Adds or replaces a group, whose parent exists and is not below it.</summary>
    public GroupNode Put(Group group)
    {
        PutAll([group]);
        return _nodes[group.Id];
    }

    /// <summary>Adds or replaces groups that another process has edited.</summary>
    public void PutAll(IReadOnlyCollection<Group> groups)
    {
        foreach (Group group in groups)
        {
            if (_nodes.TryGetValue(group.Id, out GroupNode? node))
            {
                node.Group = group;
            }
            else
            {
                _nodes[group.Id] = new GroupNode(group);
            }
        }

        if (groups.Count > 0)
        {
            Join();
        }
    }

    /// <summary>Takes a group out that has nothing below it.</summary>
    public void Remove(string id) => _nodes.TryRemove(id, out _);

    // From the top down, each after its parent.
    private string? Join()
    {
        var below = _nodes.Values.ToLookup(node => node.Group.ParentId, StringComparer.Ordinal);
        var next = new Queue<(GroupNode Node, GroupNode? Parent)>(below[null!].Select(node => (node, (GroupNode?)null)));
        var joined = new HashSet<string>(StringComparer.Ordinal);
        while (next.TryDequeue(out (GroupNode Node, GroupNode? Parent) place))
        {
            place.Node.Join(place.Parent);
            joined.Add(place.Node.Group.Id);
            foreach (GroupNode child in below[place.Node.Group.Id])
            {
                next.Enqueue((child, place.Node));
            }
        }

        return _nodes.Keys.FirstOrDefault(id => !joined.Contains(id));
    }
}

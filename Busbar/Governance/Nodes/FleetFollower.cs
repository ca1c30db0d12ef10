using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Nodes;

/// <summary>Puts into force on this node what others have changed. To be called in turn with the edits of this node.</summary>
internal sealed class FleetFollower(Governor governor, IFleetStore store, TimeProvider time)
{
    /// <summary>Follows everything that was changed since <see cref="IFleetStore.Position"/>.</summary>
    public void CatchUp()
    {
        IReadOnlyList<FleetChange> changes = store.ReadChanges();
        if (changes.Count == 0)
        {
            return;
        }

        string[] groups = Ids(changes, FleetChange.Group);
        string[] keys = Ids(changes, FleetChange.Key);
        Follow(groups, groups.Length == 0 ? [] : store.ReadGroups(), keys, keys.Length == 0 ? [] : store.ReadKeys(keys));
        store.Position = changes[^1].Number;
    }

    /// <summary>Compares everything: after a time so long that what was changed in it is not told any more.</summary>
    public void StartOver()
    {
        long head = store.ReadHead().Changes;
        IReadOnlyList<Group> groups = store.ReadGroups();
        IReadOnlyList<VirtualKey> keys = store.ReadKeys(null);
        Follow(
            [.. governor.Groups.All.Select(node => node.Group.Id).Concat(groups.Select(group => group.Id)).Distinct()],
            groups,
            [.. governor.Keys.Entries.Select(entry => entry.Key.Id).Concat(keys.Select(key => key.Id)).Distinct()],
            keys);
        store.Position = head;
    }

    private static string[] Ids(IReadOnlyList<FleetChange> changes, string kind)
        => [.. changes.Where(change => change.Kind == kind).Select(change => change.Id)];

    // Groups first, so that a key finds its own; groups that are gone last, when no key is in them any more.
    private void Follow(string[] groupIds, IReadOnlyList<Group> groups, string[] keyIds, IReadOnlyList<VirtualKey> keys)
    {
        var groupsById = groups.ToDictionary(group => group.Id, StringComparer.Ordinal);
        governor.Groups.PutAll([.. groupIds.Where(groupsById.ContainsKey).Select(id => groupsById[id])]);
        var keysById = keys.ToDictionary(key => key.Id, StringComparer.Ordinal);
        foreach (string id in keyIds)
        {
            if (keysById.TryGetValue(id, out VirtualKey? key))
            {
                Follow(key);
            }
            else
            {
                governor.Keys.Remove(id);
            }
        }

        foreach (string id in groupIds.Where(id => !groupsById.ContainsKey(id)))
        {
            governor.Groups.Remove(id);
        }
    }

    private void Follow(VirtualKey key)
    {
        GroupNode? group = governor.Groups.Find(key.GroupId);
        if (governor.Keys.Find(key.Id) is not { } entry)
        {
            governor.Keys.TryAdd(new KeyEntry(key, new KeyAccount()) { Group = group });
            return;
        }

        if (entry.Key.Period != key.Period)
        {
            entry.Account.Reopen(store.ReadWindow(key.Id, BudgetWindow.StartOf(key.Period, time.GetUtcNow().ToUnixTimeSeconds())), key.Period);
        }

        governor.Keys.TryUpdate(key with { IsBlocked = entry.Key.IsBlocked });
        entry.Group = group;
    }
}

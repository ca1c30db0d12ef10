using System.Security.Cryptography;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Governance.Groups;

/// <summary>
/// Every edit of a group. Edits take turns with those of keys; each goes to the store first, then into force. A store that fails throws
/// <see cref="StoreException"/> and nothing has changed.
/// </summary>
/// <param name="governor">Groups, keys and store.</param>
/// <param name="turn">Whose turn it is.</param>
/// <param name="audit">Notes what was done.</param>
/// <param name="time">The clock.</param>
internal sealed class GroupService(Governor governor, EditTurn turn, AuditLog audit, TimeProvider time)
{
    /// <summary>Most groups there may be.</summary>
    public const int MaxGroups = 100_000;

    private const int IdBytes = 8;

    /// <summary>The group called <paramref name="id"/>; null when there is none.</summary>
    public GroupNode? Find(string id) => governor.Groups.Find(id);

    /// <summary>All, by creation.</summary>
    public IEnumerable<GroupNode> All => governor.Groups.All;

    /// <summary>Has the counts of <paramref name="nodes"/> know what was used on all nodes of the fleet.</summary>
    public Task HearAsync(IEnumerable<GroupNode> nodes) => Task.Run(() => governor.Hear([.. nodes.Select(node => node.Group.Id)]));

    /// <summary>
    /// Makes a group of everything that <paramref name="template"/> says but id and creation. Where it says nothing of limits, it gets what its
    /// parent has for children.
    /// </summary>
    public Task<GroupReply> CreateAsync(Group template, bool hasLimits, string source) => turn.TakeAsync(() =>
    {
        if (governor.Groups.Count >= MaxGroups)
        {
            return new GroupReply(GroupStatus.TooMany);
        }

        Group group = template with { Id = $"grp_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes))}", CreatedAt =
            time.GetUtcNow().ToUnixTimeSeconds() };
        if (!hasLimits && governor.Groups.Find(group.ParentId) is { } parent)
        {
            group = group with { Limits = [.. parent.Group.ChildLimits.Where(limit => !limit.IsPerSession)] };
        }

        return Objection(group) ?? Put(group, isNew: true, "group.create", "", source);
    });

    /// <summary>The group at the top that is called <paramref name="name"/>, which is made if there is none.</summary>
    public async Task<Group> EnsureAsync(string name, string source)
    {
        GroupNode? known = governor.Groups.Children(null).FirstOrDefault(node => node.Group.Name == name);
        if (known is null)
        {
            GroupReply reply = await CreateAsync(new Group { Id = "", Name = name }, hasLimits: true, source).ConfigureAwait(false);
            known = reply.Node ?? governor.Groups.Children(null).FirstOrDefault(node => node.Group.Name == name);
        }

        return known?.Group ?? throw new StoreException($"the group '{name}' could not be made: there are {MaxGroups} already");
    }

    /// <summary>
    /// Replaces a group by what <paramref name="change"/> makes of it, which keeps its id; <paramref name="fields"/> names what it touches.
    /// </summary>
    public Task<GroupReply> UpdateAsync(string id, Func<Group, Group> change, string fields, string source) => turn.TakeAsync(() =>
    {
        if (governor.Groups.Find(id) is not { } node)
        {
            return new GroupReply(GroupStatus.NotFound);
        }

        Group next = change(node.Group);
        governor.Hear(id);
        if (LimitCounters.Passed(next.Limits, node.Counters, time.GetUtcNow().ToUnixTimeSeconds()) is var (limit, used))
        {
            return new GroupReply(GroupStatus.BelowUsed, node, limit, used);
        }

        return Objection(next) ?? Put(next, isNew: false, "group.update", fields, source);
    });

    /// <summary>Removes a group without groups and keys in it.</summary>
    public Task<GroupReply> DeleteAsync(string id, string source) => turn.TakeAsync(() =>
    {
        if (governor.Groups.Find(id) is not { } node)
        {
            return new GroupReply(GroupStatus.NotFound);
        }

        if (governor.Groups.Children(id).Any() || governor.Keys.Entries.Any(entry => entry.Key.GroupId == id))
        {
            return new GroupReply(GroupStatus.NotEmpty, node);
        }

        governor.Store.DeleteGroup(id);
        governor.Groups.Remove(id);
        audit.Note("group.delete", id, "", source);
        return new GroupReply(GroupStatus.Done, node);
    });

    private GroupReply? Objection(Group group)
    {
        if (group.ParentId is { } parent)
        {
            if (governor.Groups.Find(parent) is null)
            {
                return new GroupReply(GroupStatus.NoParent);
            }

            if (governor.Groups.IsWithin(parent, group.Id))
            {
                return new GroupReply(GroupStatus.Cycle);
            }
        }

        return governor.Groups.Children(group.ParentId).Any(other => other.Group.Id != group.Id && other.Group.Name == group.Name)
            ? new GroupReply(GroupStatus.NameTaken) : null;
    }

    private GroupReply Put(Group group, bool isNew, string action, string fields, string source)
    {
        if (isNew)
        {
            governor.Store.InsertGroup(group);
        }
        else
        {
            governor.Store.UpdateGroup(group);
        }

        GroupNode node = governor.Groups.Put(group);
        audit.Note(action, group.Id, fields, source);
        return new GroupReply(GroupStatus.Done, node);
    }
}

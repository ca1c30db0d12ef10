using System.Text;
using Busbar.Governance.Groups;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Governance.Store;

/// <summary>Groups as rows of <c>key_groups</c>, and lists of limits as the text of a column.</summary>
internal static class GroupRow
{
    /// <summary>Reads every group.</summary>
    public const string Query = "SELECT id, name, parent_id, frozen, created_at, limits, child_limits FROM key_groups ORDER BY created_at, id";

    /// <summary>The values of <paramref name="group"/>.</summary>
    public static object?[] ValuesOf(Group group) =>
        [group.Id, group.Name, group.ParentId, group.IsFrozen ? 1 : 0, group.CreatedAt, WriteLimits(group.Limits), WriteLimits(group.ChildLimits)];

    /// <summary>The group of the current row of <see cref="Query"/>.</summary>
    public static Group Read(IStoreRow row) => new()
    {
        Id = row.Text(0),
        Name = row.Text(1),
        ParentId = row.IsNull(2) ? null : row.Text(2),
        IsFrozen = row.Count(3) != 0,
        CreatedAt = row.Count(4),
        Limits = ReadLimits(row.Text(5)) ?? throw new InvalidDataException(
            $"has unreadable limits for group '{row.Text(0)}'; correct that row or restore the database from a backup"),
        ChildLimits = ReadLimits(row.Text(6)) ?? throw new InvalidDataException(
            $"has unreadable child_limits for group '{row.Text(0)}'; correct that row or restore the database from a backup"),
    };

    /// <summary>Limits of a text; null when it makes no sense.</summary>
    public static List<Limit>? ReadLimits(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        using var tape = new JsonTape();
        bool isSound = tape.TryParse(Encoding.UTF8.GetBytes(text));

        // A zone that this machine has no longer is no reason to lose the limit.
        List<Limit> limits = isSound ? LimitJson.Read(tape.Root, "limits", _ => isSound = false, isNew: false) : [];
        return isSound ? limits : null;
    }

    /// <summary>The text of limits; empty for none.</summary>
    public static string WriteLimits(IReadOnlyList<Limit> limits)
    {
        if (limits.Count == 0)
        {
            return "";
        }

        using var buffer = new PooledBuffer();
        var json = new JsonWriter(buffer);
        json.StartArray();
        foreach (Limit limit in limits)
        {
            json.StartObject();
            LimitJson.WriteMembers(json, limit);
            json.EndObject();
        }

        json.EndArray();
        return Encoding.UTF8.GetString(buffer.Span);
    }
}

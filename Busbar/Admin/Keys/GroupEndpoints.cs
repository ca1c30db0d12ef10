using System.Globalization;
using Busbar.Governance.Groups;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Admin.Keys;

/// <summary>Answers everything about groups. Each method answers with what is wrong, or null when the answer is written.</summary>
internal sealed class GroupEndpoints(GroupService groups, IGatewayControl control, TimeProvider time)
{
    private const int MaxPerPage = 1000;
    private const int LongestName = 200;

    private static readonly string[] Changeable = ["name", "parent_id", "frozen", "limits", "child_limits"];
    private static readonly string[] Immutable = ["id", "created_at", "frozen_above"];

    /// <summary>Answers <paramref name="call"/>.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call) => call.Action switch
    {
        AdminAction.CreateGroup => await CreateAsync(call).ConfigureAwait(false),
        AdminAction.ListGroups => await ListAsync(call).ConfigureAwait(false),
        AdminAction.ReadGroup => await ReadAsync(call).ConfigureAwait(false),
        AdminAction.UpdateGroup => await UpdateAsync(call).ConfigureAwait(false),
        AdminAction.DeleteGroup => Answer(call, await groups.DeleteAsync(call.Subject, call.Request.Source).ConfigureAwait(false)),
        _ => throw new ArgumentOutOfRangeException(nameof(call), call.Action, "not about a group"),
    };

    /// <summary>What is said of a group that does not exist.</summary>
    public static AdminError Unknown => AdminError.NotFound("there is no group with this id");

    private async ValueTask<AdminError?> CreateAsync(AdminCall call)
    {
        using var form = new JsonForm(call.Body, Changeable, []);
        Group template = Change(form, new Group { Id = "", Name = form.RequiredText("name", LongestName) });
        return form.Problem ?? Answer(call, await groups.CreateAsync(template, form.Has("limits"), call.Request.Source).ConfigureAwait(false));
    }

    private async ValueTask<AdminError?> UpdateAsync(AdminCall call)
    {
        if (groups.Find(call.Subject) is not { } known)
        {
            return Unknown;
        }

        using var form = new JsonForm(call.Body, Changeable, Immutable);
        Change(form, known.Group);
        return form.Problem ?? Answer(call, await groups.UpdateAsync(call.Subject, group => Change(form, group), form.Names, call.Request.Source)
            .ConfigureAwait(false));
    }

    private Group Change(JsonForm form, Group group)
    {
        Group next = group;
        Set("name", () => next with { Name = form.RequiredText("name", LongestName) });
        Set("parent_id", () => next with { ParentId = form.Text("parent_id", LongestName) });
        Set("frozen", () => next with { IsFrozen = form.Switch("frozen") });
        Set("limits", () => next with { Limits = form.Limits("limits", control.Fleet, group.Limits, forSessions: false) });
        Set("child_limits", () => next with { ChildLimits = form.Limits("child_limits", control.Fleet, group.ChildLimits) });
        return next;

        void Set(string name, Func<Group> change) => next = form.Has(name) ? change() : next;
    }

    private async ValueTask<AdminError?> ReadAsync(AdminCall call)
    {
        if (groups.Find(call.Subject) is not { } node)
        {
            return Unknown;
        }

        await groups.HearAsync([node]).ConfigureAwait(false);
        return Show(call, node);
    }

    private async ValueTask<AdminError?> ListAsync(AdminCall call)
    {
        int limit = (int)call.Query.Integer("limit", MaxPerPage, 1, MaxPerPage);
        string? cursor = call.Query.Text("cursor");
        GroupNode[] all = [.. groups.All];
        int start = cursor is null ? 0 : Array.FindIndex(all, node => node.Group.Id == cursor) + 1;
        if (cursor is not null && start == 0)
        {
            call.Query.Fail("'cursor' must be the next_cursor of an earlier answer");
        }

        if (call.Query.Problem is { } problem)
        {
            return problem;
        }

        GroupNode[] page = [.. all.Skip(start).Take(limit)];
        await groups.HearAsync(page).ConfigureAwait(false);
        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("groups"u8);
        foreach (GroupNode node in page)
        {
            Write(json, node);
        }

        json.EndArray();
        if (all.Length > start + limit)
        {
            json.String("next_cursor"u8, page[^1].Group.Id);
        }
        else
        {
            json.Null("next_cursor"u8);
        }

        json.EndObject();
        return null;
    }

    private AdminError? Answer(AdminCall call, in GroupReply reply) => reply.Status switch
    {
        GroupStatus.NotFound => Unknown,
        GroupStatus.NoParent => AdminError.Invalid("'parent_id' names no group", "unknown_parent"),
        GroupStatus.Cycle => AdminError.Invalid("'parent_id' names the group itself or one below it; a group cannot be above itself", "cycle"),
        GroupStatus.NameTaken => new AdminError(409, "name_taken", "another group with the same parent has this name"),
        GroupStatus.NotEmpty => new AdminError(409, "group_not_empty", "there are groups or keys in it; move or delete them first"),
        GroupStatus.TooMany => new AdminError(409, "too_many_groups", $"there are {GroupService.MaxGroups} groups already"),
        GroupStatus.BelowUsed => BelowUsed(reply.Limit!, reply.Used),
        _ => Show(call, reply.Node!),
    };

    /// <summary>What is said of a limit that is below what is used.</summary>
    public static AdminError BelowUsed(Limit limit, long used) => AdminError.Invalid(
        string.Create(
            CultureInfo.InvariantCulture,
        $"the limit '{limit.Key.TrimEnd('/')}' of {limit.Max} is below what is used of it " +
            $"already, {(limit.Kind == LimitKind.Budget ? (used + Money.NanosPerCent - 1) / Money.NanosPerCent : used)}; freeze the group to " +
            $"stop it now"),
        "below_used");

    private AdminError? Show(AdminCall call, GroupNode node)
    {
        if (call.Action == AdminAction.DeleteGroup)
        {
            call.Json.StartObject();
            call.Json.String("deleted"u8, node.Group.Id);
            call.Json.EndObject();
            return null;
        }

        Write(call.Json, node);
        call.Reply.Status = call.Action == AdminAction.CreateGroup ? 201 : 200;
        return null;
    }

    private void Write(JsonWriter json, GroupNode node)
    {
        Group group = node.Group;
        json.StartObject();
        json.String("id"u8, group.Id);
        json.String("name"u8, group.Name);
        if (group.ParentId is { } parent)
        {
            json.String("parent_id"u8, parent);
        }
        else
        {
            json.Null("parent_id"u8);
        }

        json.Bool("frozen"u8, group.IsFrozen);
        json.Bool("frozen_above"u8, node.IsFrozen && !group.IsFrozen);
        json.Number("created_at"u8, group.CreatedAt);
        LimitsJson.Write(json, "limits"u8, node.Counters, group.Limits, time.GetUtcNow().ToUnixTimeSeconds());
        LimitsJson.Write(json, "child_limits"u8, [], group.ChildLimits, 0);
        json.EndObject();
    }
}

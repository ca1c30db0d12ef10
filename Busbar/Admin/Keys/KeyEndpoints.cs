using System.Globalization;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Wire.Json;

namespace Busbar.Admin.Keys;

/// <summary>
/// Answers everything about single keys (control plane, 7.2). Each method answers with what is wrong, or null when the answer is written.
/// </summary>
internal sealed class KeyEndpoints(KeyService keys, GroupService groups, IGatewayControl control, TimeProvider time, Action<string> warn)
{
    private const int MaxPerPage = 1000;
    private const int LongestIdempotencyKey = 255;

    /// <summary>Answers <paramref name="call"/>.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call) => call.Action switch
    {
        AdminAction.CreateKey => await CreateAsync(call).ConfigureAwait(false),
        AdminAction.ListKeys => List(call),
        AdminAction.ReadKey => keys.Find(call.Subject) is { } key ? Show(call, key) : Unknown,
        AdminAction.UpdateKey => await UpdateAsync(call).ConfigureAwait(false),
        AdminAction.RotateKey => await RotateAsync(call).ConfigureAwait(false),
        AdminAction.DeleteKey => Answer(call, await keys.DeleteAsync(call.Subject, call.Request.Source).ConfigureAwait(false)),
        AdminAction.AttachAccessKey => Answer(call, await keys.AttachAccessKeyAsync(call.Subject, call.Request.Source).ConfigureAwait(false)),
        AdminAction.DetachAccessKey => Answer(call, await keys.DetachAccessKeyAsync(call.Subject, call.Request.Source).ConfigureAwait(false)),
        AdminAction.ReadWindow => await ReadWindowAsync(call).ConfigureAwait(false),
        _ => throw new ArgumentOutOfRangeException(nameof(call), call.Action, "not about a key"),
    };

    private static AdminError Unknown => AdminError.NotFound("there is no key with this id");

    private async ValueTask<AdminError?> CreateAsync(AdminCall call)
    {
        using var form = new JsonForm(call.Body, [.. KeyFields.Changeable, KeyFields.Hash], []);
        VirtualKey template = KeyFields.Create(form, control.Fleet, Now);
        string? groupName = KeyFields.GroupName(form);
        KeyDigest? known = KeyFields.KnownDigest(form);
        string? idempotencyKey = call.Request.Headers["Idempotency-Key"];
        if (idempotencyKey is not null && (idempotencyKey.Length is 0 or > LongestIdempotencyKey
            || idempotencyKey.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            form.Fail($"Idempotency-Key must have 1 to {LongestIdempotencyKey} visible ASCII characters");
        }

        if (form.Problem is { } problem)
        {
            return problem;
        }

        if (groupName is not null)
        {
            template = template with { GroupId = (await groups.EnsureAsync(groupName, call.Request.Source).ConfigureAwait(false)).Id };
        }

        if (!form.Has("limits"))
        {
            template = template with { Limits = keys.LimitsForChildrenOf(template.GroupId) };
        }

        KeyReply reply = await keys.CreateAsync(template, idempotencyKey, call.Request.Source, known).ConfigureAwait(false);
        return Answer(call, Advised(reply));
    }

    // What an administrator hardly means, in the log and in the answer.
    private KeyReply Advised(in KeyReply reply)
    {
        if (reply.Status == KeyStatus.Done)
        {
            foreach (string advice in KeyAdvice.Of(reply.Key!, control.Config, control.Fleet))
            {
                warn($"key {reply.Key!.Id} {advice}");
            }
        }

        return reply;
    }

    private async ValueTask<AdminError?> UpdateAsync(AdminCall call)
    {
        if (keys.Find(call.Subject) is not { } known)
        {
            return Unknown;
        }

        using var form = new JsonForm(call.Body, KeyFields.Changeable, KeyFields.Immutable);
        KeyFields.Change(form, known, control.Fleet, Now);
        string? groupName = KeyFields.GroupName(form);
        if (form.Problem is { } problem)
        {
            return problem;
        }

        string? groupId = groupName is null ? null : (await groups.EnsureAsync(groupName, call.Request.Source).ConfigureAwait(false)).Id;
        VirtualKey Change(VirtualKey key)
        {
            VirtualKey next = KeyFields.Change(form, key, control.Fleet, Now);
            return form.Has("group") ? next with { GroupId = groupId } : next;
        }

        return Answer(call, Advised(await keys.UpdateAsync(call.Subject, Change, form.Names, call.Request.Source).ConfigureAwait(false)));
    }

    private async ValueTask<AdminError?> RotateAsync(AdminCall call)
    {
        using var form = new JsonForm(call.Body, ["overlap_seconds"], []);
        int overlap = (int)(form.Integer("overlap_seconds", 0, KeyService.MaxOverlapSeconds) ?? 0);
        return form.Problem ?? Answer(call, await keys.RotateAsync(call.Subject, overlap, call.Request.Source).ConfigureAwait(false));
    }

    private AdminError? List(AdminCall call)
    {
        int limit = (int)call.Query.Integer("limit", MaxPerPage, 1, MaxPerPage);
        (long, string)? after = Cursor(call.Query);
        if (call.Query.Problem is { } problem)
        {
            return problem;
        }

        IReadOnlyList<VirtualKey> page = keys.List(after, limit + 1);
        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("keys"u8);
        foreach (VirtualKey key in page.Take(limit))
        {
            json.StartObject();
            KeyJson.WriteMembers(json, key, keys.GroupOf(key.Id)?.Name);
            json.EndObject();
        }

        json.EndArray();
        if (page.Count > limit)
        {
            json.String("next_cursor"u8, string.Create(CultureInfo.InvariantCulture, $"{page[limit - 1].CreatedAt}.{page[limit - 1].Id}"));
        }
        else
        {
            json.Null("next_cursor"u8);
        }

        json.EndObject();
        return null;
    }

    private static (long CreatedAt, string Id)? Cursor(AdminQuery query)
    {
        if (query.Text("cursor") is not { } text)
        {
            return null;
        }

        int dot = text.IndexOf('.');
        if (dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out long createdAt))
        {
            return (createdAt, text[(dot + 1)..]);
        }

        query.Fail("'cursor' must be the next_cursor of an earlier answer");
        return null;
    }

    private async ValueTask<AdminError?> ReadWindowAsync(AdminCall call)
    {
        if (await keys.ReadWindowAsync(call.Subject).ConfigureAwait(false) is not var (key, usage, open))
        {
            return Unknown;
        }

        JsonWriter json = call.Json;
        json.StartObject();
        json.String("id"u8, key.Id);
        KeyJson.WriteSpend(json, usage.SpendNanos);
        json.Number("tokens"u8, usage.Tokens);
        json.Number("requests"u8, usage.Requests);
        json.Number("window_start"u8, usage.WindowStart);
        if (BudgetWindow.NextOf(key.Period, Now) is { } end)
        {
            json.Number("window_end"u8, end);
        }
        else
        {
            json.Null("window_end"u8);
        }

        json.Number("requests_under_way"u8, open);
        LimitsJson.Write(json, "limits"u8, keys.CountersOf(key.Id), key.Limits, Now);
        json.EndObject();
        return null;
    }

    private AdminError? Answer(AdminCall call, in KeyReply reply) => reply.Status switch
    {
        KeyStatus.NotFound => Unknown,
        KeyStatus.NoGroup => AdminError.Invalid("'group_id' names no group", "unknown_group"),
        KeyStatus.BelowUsed => AdminError.Invalid("a limit is below what is used of it already; disable the key to stop it now", "below_used"),
        KeyStatus.HashTaken => new AdminError(409, "key_hash_taken", "a key has this hash already"),
        KeyStatus.NoAccessKey => AdminError.NotFound("the key has no access key"),
        KeyStatus.NoMasterKey => new AdminError(409, "no_master_key",
            "no master key is configured to seal the secret with; set governance.master_key_file or governance.master_key_env and restart"),
        KeyStatus.Repeated => new AdminError(409, "idempotency_key_reused",
            $"a call with this Idempotency-Key has made the key {reply.Key!.Id}; its secret was shown then and cannot be shown again: rotate the " +
            "key for another one"),
        _ => Show(call, reply.Key!, reply.Secret),
    };

    private AdminError? Show(AdminCall call, VirtualKey key, Configuration.Model.Secret? secret = null)
    {
        JsonWriter json = call.Json;
        json.StartObject();
        switch (call.Action)
        {
            case AdminAction.DeleteKey:
                json.String("deleted"u8, key.Id);
                break;
            case AdminAction.AttachAccessKey:
                json.String("id"u8, key.Id);
                json.String("access_key_id"u8, key.AccessKey!.Id);
                json.String("secret_access_key"u8, secret!.Reveal());
                break;
            default:
                KeyJson.WriteMembers(json, key, keys.GroupOf(key.Id)?.Name);
                if (secret is not null)
                {
                    json.String("secret"u8, secret.Reveal());
                }

                if (call.Action is AdminAction.CreateKey or AdminAction.UpdateKey
                    && KeyAdvice.Of(key, control.Config, control.Fleet) is { Count: > 0 } warnings)
                {
                    json.StartArray("warnings"u8);
                    foreach (string warning in warnings)
                    {
                        json.String("the key " + warning);
                    }

                    json.EndArray();
                }

                break;
        }

        json.EndObject();
        call.Reply.Status = call.Action == AdminAction.CreateKey ? 201 : 200;
        return null;
    }

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();
}

using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Store;
using Busbar.Ir;

namespace Busbar.Governance.Keys;

/// <summary>
/// Every edit of a key. Edits take turns; each goes to the store first, then into force, and both before its task ends. An edit that has begun goes
/// through, whether or not anybody still waits for it. A store that fails throws <see cref="StoreException"/> and nothing has changed.
/// </summary>
/// <param name="governor">Keys, counters and store.</param>
/// <param name="box">Seals access-key secrets; null when there is no master key.</param>
/// <param name="generator">Makes secrets.</param>
/// <param name="audit">Notes what was done.</param>
/// <param name="time">The clock.</param>
/// <param name="turn">Shared with others who edit what keys refer to; null when there are none.</param>
internal sealed class KeyService(Governor governor, SecretBox? box, KeyGenerator generator, AuditLog audit, TimeProvider time, EditTurn? turn = null)
{
    /// <summary>Longest time that a former secret stays valid after a rotation, seconds: 30 days.</summary>
    public const int MaxOverlapSeconds = 30 * 86_400;

    private readonly EditTurn _turn = turn ?? new EditTurn();
    private readonly IdempotencyMemory _made = new();

    /// <summary>
    /// Mints a key with everything that <paramref name="template"/> says but id, digest and creation, which are new. A call that repeats an
    /// <paramref name="idempotencyKey"/> of the last day makes no other key and tells which one the first call made, without its secret.
    /// </summary>
    /// <param name="template">What the key is to be.</param>
    /// <param name="idempotencyKey">What makes two calls one; null for nothing.</param>
    /// <param name="source">Who asks, for the audit log.</param>
    /// <param name="known">The digest of a secret that clients have already, instead of a new secret, of which the reply has none then.</param>
    public Task<KeyReply> CreateAsync(VirtualKey template, string? idempotencyKey, string source, KeyDigest? known = null) => _turn.TakeAsync(() =>
    {
        if (idempotencyKey is not null && _made.Find(idempotencyKey, Now) is { } made)
        {
            return new KeyReply(KeyStatus.Repeated, template with { Id = made });
        }

        Secret? secret = known is null ? generator.NewSecret() : null;
        KeyDigest digest = known ?? KeyDigest.Of(secret!.Reveal());
        VirtualKey key = template with { Id = digest.ToKeyId(), Digest = digest, CreatedAt = Now };
        if (key.GroupId is not null && governor.Groups.Find(key.GroupId) is null)
        {
            return new KeyReply(KeyStatus.NoGroup);
        }

        if (!governor.Store.Insert(key))
        {
            if (known is not null)
            {
                return new KeyReply(KeyStatus.HashTaken);
            }

            throw new StoreException($"the id {key.Id} of a new key is taken; try again");
        }

        if (!governor.Keys.TryAdd(new KeyEntry(key, new KeyAccount()) { Group = governor.Groups.Find(key.GroupId) }))
        {
            governor.Store.Delete(key.Id);
            throw new StoreException($"the key {key.Id} is in force but was not stored; restart");
        }

        if (idempotencyKey is not null)
        {
            _made.Remember(idempotencyKey, key.Id, Now);
        }

        audit.Note("key.create", key.Id, "", source);
        return new KeyReply(KeyStatus.Done, key, secret);
    });

    /// <summary>The key called <paramref name="id"/>; null when there is none.</summary>
    public VirtualKey? Find(string id) => governor.Keys.Find(id)?.Key;

    /// <summary>The counts of the limits of the key called <paramref name="id"/>.</summary>
    public LimitCounter[] CountersOf(string id) => governor.Keys.Find(id)?.Limits ?? [];

    /// <summary>The group that the key called <paramref name="id"/> belongs to; null for none.</summary>
    public Group? GroupOf(string id) => governor.Keys.Find(id)?.Group?.Group;

    /// <summary>The name of the group <paramref name="groupId"/>; null when there is none.</summary>
    public string? GroupNameOf(string? groupId) => governor.Groups.Find(groupId)?.Group.Name;

    /// <summary>Whether <paramref name="groupId"/> is <paramref name="other"/>, or a group below it.</summary>
    public bool IsWithin(string? groupId, string other) => governor.Groups.IsWithin(groupId, other);

    /// <summary>Limits that a key gets which is made in the group <paramref name="groupId"/> and says nothing of limits.</summary>
    public IReadOnlyList<Limit> LimitsForChildrenOf(string? groupId) => governor.Groups.Find(groupId)?.Group.ChildLimits ?? [];

    /// <summary>Number of keys.</summary>
    public int Count => governor.Keys.Count;

    /// <summary>
    /// Up to <paramref name="limit"/> keys by creation that come after the key <paramref name="after"/>. Where that one is gone, keys of its second
    /// come again rather than being missed.
    /// </summary>
    public IReadOnlyList<VirtualKey> List((long CreatedAt, string Id)? after, int limit) =>
        governor.Watch is null
            ? KeyPage.Of(governor.Keys.Entries, after is { } last ? (last.CreatedAt, governor.Keys.Find(last.Id)?.Order ?? 0) : null, limit)
            : KeyPage.ById(governor.Keys.Entries, after, limit);

    /// <summary>
    /// Replaces a key by what <paramref name="change"/> makes of it, which keeps its id; <paramref name="fields"/> names what it touches.
    /// </summary>
    /// <remarks>With another period, what the key has spent by day since that period began counts in it.</remarks>
    public async Task<KeyReply> UpdateAsync(string id, Func<VirtualKey, VirtualKey> change, string fields, string source)
    {
        // The sums by day are complete only once everything settled is written.
        if (governor.Keys.Find(id) is { } known && change(known.Key).Period != known.Key.Period)
        {
            await governor.Ledger.FlushAsync().ConfigureAwait(false);
        }

        return await ReplaceAsync(id, key => new KeyReply(KeyStatus.Done, change(key)), "key.update", fields, source).ConfigureAwait(false);
    }

    /// <summary>
    /// Gives a key another secret. The one in force until now is accepted for another <paramref name="overlapSeconds"/>, from 0 to
    /// <see cref="MaxOverlapSeconds"/>; an older one no longer.
    /// </summary>
    public Task<KeyReply> RotateAsync(string id, int overlapSeconds, string source) => ReplaceAsync(
        id,
        key =>
        {
            Secret secret = generator.NewSecret();
            VirtualKey next = key with
            {
                Digest = KeyDigest.Of(secret.Reveal()),
                FormerDigest = overlapSeconds > 0 ? key.Digest : null,
                FormerUntil = overlapSeconds > 0 ? Now + overlapSeconds : 0,
            };
            return new KeyReply(KeyStatus.Done, next, secret);
        },
        "key.rotate",
        "",
        source);

    /// <summary>Gives a key an access-key pair for AWS clients, in place of the one it may have.</summary>
    public Task<KeyReply> AttachAccessKeyAsync(string id, string source) => ReplaceAsync(
        id,
        key =>
        {
            if (box is null)
            {
                return new KeyReply(KeyStatus.NoMasterKey);
            }

            Secret secret = generator.NewAccessKeySecret();
            return new KeyReply(KeyStatus.Done, key with { AccessKey = box.Seal(key.Id, generator.NewAccessKeyId(), secret) }, secret);
        },
        "key.access_key.attach",
        "",
        source);

    /// <summary>Takes a key's access-key pair away.</summary>
    public Task<KeyReply> DetachAccessKeyAsync(string id, string source) => ReplaceAsync(
        id,
        key => key.AccessKey is null ? new KeyReply(KeyStatus.NoAccessKey) : new KeyReply(KeyStatus.Done, key with { AccessKey = null }),
        "key.access_key.detach",
        "",
        source);

    /// <summary>Removes a key and its usage. Of two calls at once, one finds it.</summary>
    public Task<KeyReply> DeleteAsync(string id, string source) => _turn.TakeAsync(() =>
    {
        if (governor.Keys.Find(id) is not { } entry)
        {
            return new KeyReply(KeyStatus.NotFound);
        }

        governor.Store.Delete(id);
        governor.Keys.Remove(id);
        audit.Note("key.delete", id, "", source);
        return new KeyReply(KeyStatus.Done, entry.Key);
    });

    /// <summary>
    /// What a key has used in its current budget window, on all nodes, and its requests under way on this one; null when there is no such key.
    /// </summary>
    public async Task<(VirtualKey Key, WindowUsage Usage, uint Open)?> ReadWindowAsync(string id)
    {
        if (governor.Keys.Find(id) is not { } entry)
        {
            return null;
        }

        await Task.Run(() => governor.Hear(id)).ConfigureAwait(false);
        return (entry.Key, entry.Account.Read(entry.Key, Now), entry.Account.Open);
    }

    /// <summary>Usage by key, model and day, with everything settled so far; see <see cref="IGovernanceStore.ReadUsage"/>.</summary>
    public Task<IReadOnlyList<DailyUsage>> ReadUsageAsync(string? id, long from, long until, int limit) => Task.Run(async () =>
    {
        await governor.Ledger.FlushAsync().ConfigureAwait(false);
        return governor.Store.ReadUsage(id, from, until, limit);
    });

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    private Task<KeyReply> ReplaceAsync(string id, Func<VirtualKey, KeyReply> edit, string action, string detail, string source)
        => _turn.TakeAsync(() =>
    {
        if (governor.Keys.Find(id) is not { } entry)
        {
            return new KeyReply(KeyStatus.NotFound);
        }

        KeyReply reply = edit(entry.Key);
        if (reply.Status != KeyStatus.Done || ReferenceEquals(reply.Key, entry.Key))
        {
            return reply;
        }

        if (entry.Limits.Length > 0)
        {
            governor.Hear(id);
        }

        if (reply.Key!.GroupId is not null && governor.Groups.Find(reply.Key.GroupId) is null)
        {
            return new KeyReply(KeyStatus.NoGroup);
        }

        if (LimitCounters.Passed(reply.Key.Limits, entry.Limits, Now) is not null)
        {
            return new KeyReply(KeyStatus.BelowUsed);
        }

        if (!governor.Store.Update(reply.Key!))
        {
            return new KeyReply(KeyStatus.NotFound);
        }

        if (reply.Key!.Period != entry.Key.Period)
        {
            entry.Account.Reopen(MoveWindow(reply.Key), reply.Key.Period);
        }

        governor.Keys.TryUpdate(reply.Key!);
        entry.Group = governor.Groups.Find(reply.Key.GroupId);
        audit.Note(action, id, detail, source);
        return reply;
    });

    // The window of another period, with what the days since its beginning cost; the store may have a part of it from an earlier change.
    private WindowUsage MoveWindow(VirtualKey key)
    {
        long start = BudgetWindow.StartOf(key.Period, Now);
        IReadOnlyList<DailyUsage> days = governor.Store.ReadUsage(key.Id, start, long.MaxValue, int.MaxValue);
        DailyUsage sum = days.Aggregate(default(DailyUsage), (sum, day) => sum.Plus(day));
        long tokens = Usage.Add(Usage.Add(sum.Input, sum.CacheRead), Usage.Add(sum.CacheWrite, sum.Output));
        var spent = new WindowUsage(key.Id, start, sum.SpendNanos, tokens, sum.Requests);
        WindowUsage stored = governor.Store.ReadWindow(key.Id, start);
        governor.Store.Add(
            [
                spent with
                {
                    SpendNanos = Math.Max(0, spent.SpendNanos - stored.SpendNanos),
                    Tokens = Math.Max(0, spent.Tokens - stored.Tokens),
                    Requests = Math.Max(0, spent.Requests - stored.Requests),
                },
            ],
            []);
        return spent;
    }
}

using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Store;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Keys;

/// <summary>
/// The keys of those who come with tokens of issuers. Each subject has a key of its own, made when it is first seen, whose secret nobody knows: so it
/// has usage, limits, a group and a place in the admin API like any other. What a token says of group and pools holds from then on.
/// </summary>
internal sealed partial class SubjectKeys(Governor governor, TimeProvider time, ILogger log)
{
    /// <summary>Most subjects that get a key.</summary>
    public const int MaxSubjects = 100_000;

    /// <summary>The label of a key with the issuer.</summary>
    public const string IssuerLabel = "issuer";

    /// <summary>The label of a key with the subject.</summary>
    public const string SubjectLabel = "subject";

    private const string Source = "auth.jwt";
    private const int MaxLooks = 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly AuditLog _audit = new(governor.Store, time, log);
    private int? _count;

    /// <summary>The id of the key of <paramref name="subject"/>: always the same, on every node.</summary>
    public static string IdOf(string issuer, string subject) => KeyDigest.Of($"{issuer}\n{subject}").ToKeyId();

    /// <summary>The key of <paramref name="claim"/>, made or changed where that is due.</summary>
    public async ValueTask<(KeyEntry? Entry, SubjectResult Result)> FindAsync(SubjectClaim claim)
    {
        GroupNode? group = null;
        if (claim.Group is not null && (group = GroupOf(claim.Group)) is null)
        {
            return (null, SubjectResult.NoGroup);
        }

        string id = IdOf(claim.Issuer, claim.Subject);
        if (governor.Keys.Find(id) is { } known && !Differs(known.Key, claim, group))
        {
            return (known, SubjectResult.Found);
        }

        try
        {
            (KeyEntry? Entry, SubjectResult Result) made = await governor.Turn
                .TakeAsync(() => governor.Keys.Find(id) is { } entry ? Change(entry, claim, group) : Add(id, claim, group)).ConfigureAwait(false);

            // Another node was faster, and this one hears of it in a moment.
            for (int looks = 0; made.Result == SubjectResult.Taken; looks++)
            {
                made = governor.Keys.Find(id) is { } theirs ? (theirs, SubjectResult.Found) : looks < MaxLooks ? made
                    : (null, SubjectResult.NotStored);
                await Task.Delay(made.Result == SubjectResult.Taken ? Look : TimeSpan.Zero, time).ConfigureAwait(false);
            }

            return made;
        }
        catch (StoreException exception)
        {
            NotStored(log, id, exception.Message);
            return (null, SubjectResult.NotStored);
        }
    }

    private static bool Differs(VirtualKey key, SubjectClaim claim, GroupNode? group) =>
        (group is not null && key.GroupId != group.Group.Id) || (claim.Pools is { } pools && !pools.SequenceEqual(key.AllowedPools));

    private (KeyEntry? Entry, SubjectResult Result) Change(KeyEntry entry, SubjectClaim claim, GroupNode? group)
    {
        VirtualKey next = entry.Key with { GroupId = group?.Group.Id ?? entry.Key.GroupId, AllowedPools = claim.Pools ?? entry.Key.AllowedPools };
        if (!Differs(entry.Key, claim, group))
        {
            return (entry, SubjectResult.Found);
        }

        if (!governor.Store.Update(next))
        {
            return (null, SubjectResult.NotStored);
        }

        governor.Keys.TryUpdate(next);
        entry.Group = governor.Groups.Find(next.GroupId);
        _audit.Note("key.update", next.Id, "group_id,allowed_pools", Source);
        return (entry, SubjectResult.Found);
    }

    private (KeyEntry? Entry, SubjectResult Result) Add(string id, SubjectClaim claim, GroupNode? group)
    {
        _count ??= governor.Keys.Entries.Count(entry => entry.Key.Labels.ContainsKey(SubjectLabel));
        if (_count >= MaxSubjects)
        {
            TooMany(log, id, MaxSubjects);
            return (null, SubjectResult.NotStored);
        }

        var key = new VirtualKey
        {
            Id = id,
            Digest = KeyDigest.Of(KeyGenerator.System.NewSecret().Reveal()),
            Name = claim.Subject,
            CreatedAt = time.GetUtcNow().ToUnixTimeSeconds(),
            GroupId = group?.Group.Id,
            AllowedPools = claim.Pools ?? [],
            Limits = group?.Group.ChildLimits ?? [],
            MaxBudgetCents = claim.MaxBudgetCents,
            Period = claim.Period,
            RpmLimit = claim.RpmLimit,
            TpmLimit = claim.TpmLimit,
            MaxConcurrent = claim.MaxConcurrent,
            Labels = new Dictionary<string, string> { [IssuerLabel] = claim.Issuer, [SubjectLabel] = claim.Subject },
        };
        var entry = new KeyEntry(key, new KeyAccount()) { Group = group };
        if (!governor.Store.Insert(key) || !governor.Keys.TryAdd(entry))
        {
            return (null, SubjectResult.Taken);
        }

        _count++;
        _audit.Note("key.create", id, "", Source);
        return (entry, SubjectResult.Found);
    }

    // An id, or names from the top down, or the name of one group alone.
    private GroupNode? GroupOf(string text)
    {
        if (governor.Groups.Find(text) is { } known)
        {
            return known;
        }

        GroupNode? found = null;
        foreach (GroupNode node in governor.Groups.All)
        {
            if (PathOf(node) == text)
            {
                return node;
            }
        }

        foreach (GroupNode node in governor.Groups.All.Where(node => node.Group.Name == text))
        {
            if (found is not null)
            {
                return null;
            }

            found = node;
        }

        return found;
    }

    private string PathOf(GroupNode node)
    {
        string path = node.Group.Name;
        for (GroupNode? above = governor.Groups.Find(node.Group.ParentId); above is not null; above = governor.Groups.Find(above.Group.ParentId))
        {
            path = $"{above.Group.Name}/{path}";
        }

        return path;
    }

    [LoggerMessage(71, LogLevel.Error, "auth.jwt: the subject of key {Key} cannot be admitted: {Reason}")]
    private static partial void NotStored(ILogger logger, string key, string reason);

    [LoggerMessage(
        72, LogLevel.Error,
    "auth.jwt: the subject of key {Key} is not admitted: {Count} subjects have keys already; delete some with busbar keys revoke ID --delete")]
    private static partial void TooMany(ILogger logger, string key, int count);
}

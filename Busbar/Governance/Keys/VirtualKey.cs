using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;

namespace Busbar.Governance.Keys;

/// <summary>
/// A key that callers present, with what it may do (control plane, 7.1). Immutable; a change makes another record with the same id.
/// </summary>
internal sealed record VirtualKey
{
    private readonly VirtualKeyExtras _extras = VirtualKeyExtras.None;

    /// <summary><c>vk_</c> and 16 hexadecimal digits; stays the same when the secret is rotated.</summary>
    public required string Id { get; init; }

    /// <summary>Digest of the secret in force.</summary>
    public required KeyDigest Digest { get; init; }

    /// <summary>Digest of the secret before the last rotation; null when there is none.</summary>
    public KeyDigest? FormerDigest
    {
        get => _extras.FormerDigest;
        init => _extras = _extras.FormerDigest == value ? _extras : _extras with { FormerDigest = value };
    }

    /// <summary>Epoch second until which the former secret is accepted.</summary>
    public long FormerUntil
    {
        get => _extras.FormerUntil;
        init => _extras = _extras.FormerUntil == value ? _extras : _extras with { FormerUntil = value };
    }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Pools, and models with their direct routes, that it may use, by exact name; empty for all.</summary>
    public IReadOnlyList<string> AllowedPools { get; init; } = [];

    /// <summary>Cap of one <see cref="Period"/>, cents; null for none. Zero forbids everything.</summary>
    public long? MaxBudgetCents { get; init; }

    /// <summary>When spending starts again.</summary>
    public BudgetPeriod Period { get; init; }

    /// <summary>Requests a minute, at least 1; null for no limit.</summary>
    public uint? RpmLimit { get; init; }

    /// <summary>Tokens a minute, at least 1; null for no limit.</summary>
    public uint? TpmLimit { get; init; }

    /// <summary>Requests at the same time, at least 1; null for no limit.</summary>
    public uint? MaxConcurrent { get; init; }

    /// <summary>How strictly budget and token limit hold.</summary>
    public Enforcement Enforcement { get; init; }

    /// <summary>Fee of one successful request in cents, at least 0; null for the configured one.</summary>
    public long? PricePerRequestCents
    {
        get => _extras.PricePerRequestCents;
        init => _extras = _extras.PricePerRequestCents == value ? _extras : _extras with { PricePerRequestCents = value };
    }

    /// <summary>Price of a thousand tokens in cents, at least 0; null for the configured one. A model's rate card takes precedence.</summary>
    public long? PricePer1KTokensCents
    {
        get => _extras.PricePer1KTokensCents;
        init => _extras = _extras.PricePer1KTokensCents == value ? _extras : _extras with { PricePer1KTokensCents = value };
    }

    /// <summary>False for a key that is answered like an unknown one.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// Whether it is answered like an unknown one, although <see cref="Enabled"/>, because its spending cannot be read. Never stored: it ends with a
    /// start that can read it.
    /// </summary>
    public bool IsBlocked { get; init; }

    /// <summary>Epoch second of its making.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Epoch second from which it is answered like an unknown one; null for never.</summary>
    public long? ExpiresAt
    {
        get => _extras.ExpiresAt;
        init => _extras = _extras.ExpiresAt == value ? _extras : _extras with { ExpiresAt = value };
    }

    /// <summary>Id of the group it belongs to; null for none.</summary>
    public string? GroupId
    {
        get => _extras.GroupId;
        init => _extras = _extras.GroupId == value ? _extras : _extras with { GroupId = value };
    }

    /// <summary>Limits beside those above: for windows, pools and models of their own.</summary>
    public IReadOnlyList<Limit> Limits
    {
        get => _extras.Limits;
        init => _extras = _extras.Limits.Count == 0 && value.Count == 0 ? _extras : _extras with { Limits = value };
    }

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>What its AWS clients sign with; null for none.</summary>
    public AccessKeyPair? AccessKey
    {
        get => _extras.AccessKey;
        init => _extras = _extras.AccessKey == value ? _extras : _extras with { AccessKey = value };
    }

    /// <summary>No labels: one object for the many keys without.</summary>
    public static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>(0);

    /// <summary>Whether it opens anything at <paramref name="now"/>, an epoch second.</summary>
    public bool IsActive(long now) => Enabled && !IsBlocked && !(now >= ExpiresAt);

    /// <summary>Whether <paramref name="digest"/> is that of its secret, or of the one before.</summary>
    public bool Has(in KeyDigest digest) => Digest.Equals(digest) || (FormerDigest is { } former && former.Equals(digest));

    /// <summary>Whether it may use the pool or model called <paramref name="name"/>.</summary>
    public bool Allows(string name)
    {
        if (AllowedPools.Count == 0)
        {
            return true;
        }

        foreach (string allowed in AllowedPools)
        {
            if (allowed == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The id alone.</summary>
    public override string ToString() => Id;
}

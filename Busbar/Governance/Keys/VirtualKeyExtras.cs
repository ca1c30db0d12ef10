using Busbar.Governance.Groups;

namespace Busbar.Governance.Keys;

/// <summary>
/// What few keys have, kept apart so that the many others are small in memory. The properties of <see cref="VirtualKey"/> say what it means.
/// </summary>
internal sealed record VirtualKeyExtras
{
    /// <summary>Nothing of it.</summary>
    public static readonly VirtualKeyExtras None = new();

    /// <inheritdoc cref="VirtualKey.FormerDigest"/>
    public KeyDigest? FormerDigest { get; init; }

    /// <inheritdoc cref="VirtualKey.FormerUntil"/>
    public long FormerUntil { get; init; }

    /// <inheritdoc cref="VirtualKey.PricePerRequestCents"/>
    public long? PricePerRequestCents { get; init; }

    /// <inheritdoc cref="VirtualKey.PricePer1KTokensCents"/>
    public long? PricePer1KTokensCents { get; init; }

    /// <inheritdoc cref="VirtualKey.ExpiresAt"/>
    public long? ExpiresAt { get; init; }

    /// <inheritdoc cref="VirtualKey.GroupId"/>
    public string? GroupId { get; init; }

    /// <inheritdoc cref="VirtualKey.Limits"/>
    public IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <inheritdoc cref="VirtualKey.AccessKey"/>
    public AccessKeyPair? AccessKey { get; init; }
}

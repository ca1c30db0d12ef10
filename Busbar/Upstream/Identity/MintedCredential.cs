using Busbar.Upstream.Credentials;

namespace Busbar.Upstream.Identity;

/// <summary>What proves who calls, for a while: a bearer token or a key pair. Its text form shows no secret.</summary>
/// <param name="source">Where it comes from, for operators.</param>
/// <param name="bearer">The token; null for a pair.</param>
/// <param name="pair">The pair; null for a token.</param>
/// <param name="expires">When it ends; null for never.</param>
internal sealed class MintedCredential(string source, string? bearer, AwsCredential? pair, DateTimeOffset? expires)
{
    /// <summary>Where it comes from, for operators.</summary>
    public string Source => source;

    /// <summary>Value of <c>Authorization</c>; null for a pair.</summary>
    public string? Authorization { get; } = bearer is null ? null : "Bearer " + bearer;

    /// <summary>The token; null for a pair.</summary>
    public string? Token => bearer;

    /// <summary>The pair; null for a token.</summary>
    public AwsCredential? Pair => pair;

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires => expires;

    /// <summary>Whether it still serves.</summary>
    public bool IsValid(DateTimeOffset now) => expires is null || now < expires;

    /// <summary>Whether <paramref name="other"/> proves the same.</summary>
    public bool IsSame(MintedCredential other) => Token == other.Token && pair?.AccessKeyId == other.Pair?.AccessKeyId
        && pair?.Secret == other.Pair?.Secret && pair?.SessionToken == other.Pair?.SessionToken;

    /// <inheritdoc/>
    public override string ToString() => source;
}

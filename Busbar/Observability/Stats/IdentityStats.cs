using Busbar.Upstream.Identity;

namespace Busbar.Observability.Stats;

/// <summary>The gateway's own identity at some providers in <c>/stats</c>.</summary>
/// <param name="Providers">The providers.</param>
/// <param name="Type">The cloud.</param>
/// <param name="Source">Where the credential in use comes from; null when there is none.</param>
/// <param name="Expires">When it ends; null for never, or when there is none.</param>
/// <param name="Failure">Why the latest attempt gave none; null when it did.</param>
internal sealed record IdentityStats(IReadOnlyList<string> Providers, string Type, string? Source, DateTimeOffset? Expires, string? Failure)
{
    /// <summary>A reading of <paramref name="identity"/>.</summary>
    public static IdentityStats Of(CloudIdentity identity)
    {
        MintedCredential? current = identity.Current;
        return new IdentityStats(identity.Providers, identity.Config.Word, current?.Source, current?.Expires, identity.Failure);
    }
}

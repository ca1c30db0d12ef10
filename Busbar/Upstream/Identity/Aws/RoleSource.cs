
namespace Busbar.Upstream.Identity.Aws;

/// <summary>The role of the identity, assumed with the keys of a chain.</summary>
internal sealed class RoleSource(AwsSettings settings, string role, ICredentialSource chain, StsCalls tokens) : ICredentialSource
{
    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        MintedCredential? keys = await chain.MintAsync(cancellation).ConfigureAwait(false);
        return keys?.Pair is { } pair ? await tokens.AssumeAsync(RequestOf(settings, role), pair, cancellation).ConfigureAwait(false) : null;
    }

    /// <summary>The request for <paramref name="role"/> as the identity says.</summary>
    public static RoleRequest RequestOf(AwsSettings settings, string role) => new(role, settings.SessionName)
    {
        ExternalId = settings.Identity.ExternalId,
        DurationSecs = settings.Identity.DurationSecs,
        Tags = settings.Identity.Tags,
    };
}

namespace Busbar.Upstream.Identity.Google;

/// <summary>A service account that the credentials of a chain stand in for.</summary>
internal sealed class ImpersonatedSource(ICredentialSource chain, Uri address, string[] scopes, CredentialCalls calls) : ICredentialSource
{
    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation) =>
        await chain.MintAsync(cancellation).ConfigureAwait(false) is { } own
            ? await Impersonation.MintAsync(own, address, scopes, null, calls, cancellation).ConfigureAwait(false)
            : null;
}

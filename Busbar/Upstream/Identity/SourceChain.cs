namespace Busbar.Upstream.Identity;

/// <summary>Places that are asked one after the other; the first that is there gives the credential.</summary>
/// <param name="nothing">What to say when none is there.</param>
/// <param name="sources">The places in their order.</param>
internal sealed class SourceChain(string nothing, params IReadOnlyList<ICredentialSource> sources) : ICredentialSource
{
    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        foreach (ICredentialSource source in sources)
        {
            if (await source.MintAsync(cancellation).ConfigureAwait(false) is { } credential)
            {
                return credential;
            }
        }

        throw new IdentityException(nothing);
    }
}

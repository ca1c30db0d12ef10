namespace Busbar.Upstream.Identity;

/// <summary>A place that credentials come from.</summary>
internal interface ICredentialSource
{
    /// <summary>
    /// Obtains a new credential; null where this place is not there or not meant, and the next of a chain is to be asked. Throws
    /// <see cref="IdentityException"/> when it is meant and fails.
    /// </summary>
    ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation);
}

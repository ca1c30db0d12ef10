namespace Busbar.Upstream.Identity;

/// <summary>Told what becomes of identities. Must not block or throw.</summary>
internal interface IIdentityEvents
{
    /// <summary>A credential was obtained.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="credential">The credential.</param>
    void Minted(CloudIdentity identity, MintedCredential credential);

    /// <summary>None was obtained.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="reason">Why, free of secrets.</param>
    /// <param name="hasFormer">Whether the former one still serves.</param>
    void Failed(CloudIdentity identity, string reason, bool hasFormer);
}

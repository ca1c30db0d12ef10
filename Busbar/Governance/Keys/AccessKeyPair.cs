namespace Busbar.Governance.Keys;

/// <summary>What an AWS client signs with in the name of a virtual key.</summary>
/// <param name="Id">The access key id, which travels in every signature; unique among all keys.</param>
/// <param name="SealedSecret">The secret access key, encrypted under the master key; only <see cref="SecretBox"/> opens it.</param>
internal sealed record AccessKeyPair(string Id, byte[] SealedSecret)
{
    /// <summary>The id alone.</summary>
    public override string ToString() => Id;
}

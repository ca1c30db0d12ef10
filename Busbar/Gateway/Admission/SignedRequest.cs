using Busbar.Configuration.Model;
using Busbar.Governance.Keys;
using Busbar.Upstream.SigV4;

namespace Busbar.Gateway.Admission;

/// <summary>A signed request whose headers are in order, before its body is read.</summary>
/// <param name="signer">The key that claims to have signed; known and in force.</param>
/// <param name="claim">What it claims.</param>
/// <param name="secret">The signer's secret access key.</param>
internal sealed class SignedRequest(KeyEntry signer, SigV4Claim claim, Secret secret)
{
    /// <summary>The access key id that signed.</summary>
    public string AccessKeyId => claim.AccessKeyId;

    /// <summary>The key that signed.</summary>
    public KeyEntry Signer => signer;

    /// <summary>
    /// Whether the headers alone prove who signed: they have the hash of the body. Otherwise nobody can tell before the body is there.
    /// </summary>
    public bool IsProven { get; } = claim.DeclaredHash is { } hash && claim.Check(secret.Reveal(), hash) == SigV4Result.Valid;

    /// <summary>Whether the headers alone prove that nobody signed.</summary>
    public bool IsForged => claim.DeclaredHash is not null && !IsProven;

    /// <summary>Whether <paramref name="body"/> is what was signed.</summary>
    public bool Covers(ReadOnlySpan<byte> body)
    {
        string hash = SigV4Claim.HashOf(body);
        return IsProven ? hash == claim.DeclaredHash : claim.Check(secret.Reveal(), hash) == SigV4Result.Valid;
    }
}

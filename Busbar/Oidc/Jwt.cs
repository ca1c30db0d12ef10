using Busbar.Wire.Json;

namespace Busbar.Oidc;

/// <summary>A token that has the right form. Nothing in it is proven. To be disposed.</summary>
/// <param name="header">What it says of itself.</param>
/// <param name="claims">What it says of its subject.</param>
/// <param name="signed">What the signature covers.</param>
/// <param name="signature">The signature.</param>
internal sealed class Jwt(JsonTape header, JsonTape claims, byte[] signed, byte[] signature) : IDisposable
{
    /// <summary>Its algorithm.</summary>
    public string Algorithm { get; } = header.Root["alg"u8].Text.ToString();

    /// <summary>Name of the key it is signed with.</summary>
    public string KeyId { get; } = header.Root["kid"u8].Text.ToString();

    /// <summary>Its issuer.</summary>
    public string Issuer { get; } = claims.Root["iss"u8].Text.ToString();

    /// <summary>Every claim.</summary>
    public JsonNode Claims => claims.Root;

    /// <summary>What the signature covers.</summary>
    public ReadOnlySpan<byte> Signed => signed;

    /// <summary>The signature.</summary>
    public ReadOnlySpan<byte> Signature => signature;

    /// <inheritdoc/>
    public void Dispose()
    {
        header.Dispose();
        claims.Dispose();
    }
}

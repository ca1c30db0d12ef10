using System.Security.Cryptography;
using Busbar.Wire.Json;

namespace Busbar.Oidc;

/// <summary>A public key of an issuer (RFC 7517). Immutable, and safe for several threads.</summary>
internal sealed class VerificationKey
{
    private const int MinModulus = 256;
    private const int LongestModulus = 1024;
    private const int LongestExponent = 8;

    private readonly RSAParameters? _rsa;
    private readonly ECParameters? _curve;
    private readonly string? _algorithm;
    private readonly string? _curveAlgorithm;

    private VerificationKey(string id, string? algorithm, RSAParameters? rsa, ECParameters? curve, string? curveAlgorithm)
    {
        Id = id;
        _algorithm = algorithm;
        _rsa = rsa;
        _curve = curve;
        _curveAlgorithm = curveAlgorithm;
    }

    /// <summary>What tokens call it.</summary>
    public string Id { get; }

    /// <summary>
    /// Reads one key of a set; null for one that cannot check signatures: a symmetric or private one, one for encryption, without a name, too short,
    /// or broken.
    /// </summary>
    public static VerificationKey? Read(JsonNode jwk)
    {
        if (jwk["kid"u8].Text.IsNullOrEmpty || (!jwk["use"u8].IsMissing && !jwk["use"u8].Text.Is("sig"u8)) || !MayVerify(jwk["key_ops"u8]))
        {
            return null;
        }

        string id = jwk["kid"u8].Text.ToString();
        string? algorithm = jwk["alg"u8].IsString ? jwk["alg"u8].Text.ToString() : null;
        try
        {
            VerificationKey? key = jwk["kty"u8].Text.ToString() switch
            {
                "RSA" => Rsa(jwk, id, algorithm),
                "EC" => Curve(jwk, id, algorithm),
                _ => null,
            };
            if (key is { _rsa: { } rsa })
            {
                RSA.Create(rsa).Dispose();
            }
            else if (key is { _curve: { } curve })
            {
                ECDsa.Create(curve).Dispose();
            }

            return key;
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            // A point that lies on no curve, or a curve that this machine does not know.
            return null;
        }
    }

    /// <summary>Whether it may check signatures of <paramref name="algorithm"/>: that of its own kind, and of its curve.</summary>
    public bool Fits(string algorithm) =>
        (_algorithm is null || _algorithm == algorithm)
        && (_rsa is not null ? algorithm.StartsWith("RS", StringComparison.Ordinal) || algorithm.StartsWith("PS", StringComparison.Ordinal)
            : algorithm == _curveAlgorithm);

    /// <summary>
    /// Whether <paramref name="signature"/> was made by its owner over <paramref name="signed"/> with <paramref name="algorithm"/>, which
    /// <see cref="Fits"/>.
    /// </summary>
    public bool Verifies(string algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        HashAlgorithmName hash = algorithm[2..] switch { "256" => HashAlgorithmName.SHA256, "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512 };
        if (_rsa is { } parameters)
        {
            if (signature.Length != parameters.Modulus!.Length)
            {
                return false;
            }

            using var rsa = RSA.Create(parameters);
            return rsa.VerifyData(signed, signature, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }

        ECParameters curve = _curve!.Value;
        if (signature.Length != 2 * curve.Q.X!.Length)
        {
            return false;
        }

        using var ecdsa = ECDsa.Create(curve);
        return ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool MayVerify(JsonNode operations)
    {
        if (operations.IsMissing)
        {
            return true;
        }

        foreach (JsonNode operation in operations.Items)
        {
            if (operation.Text.Is("verify"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static VerificationKey? Rsa(JsonNode jwk, string id, string? algorithm)
    {
        byte[]? modulus = Bytes(jwk["n"u8])?.AsSpan().TrimStart((byte)0).ToArray();
        byte[]? exponent = Bytes(jwk["e"u8])?.AsSpan().TrimStart((byte)0).ToArray();
        bool isSound = modulus is { Length: >= MinModulus and <= LongestModulus } && exponent is { Length: > 0 and <= LongestExponent }
            && modulus[^1] % 2 == 1 && exponent[^1] % 2 == 1 && exponent is not [1];
        return isSound ? new VerificationKey(id, algorithm, new RSAParameters { Modulus = modulus, Exponent = exponent }, null, null) : null;
    }

    private static VerificationKey? Curve(JsonNode jwk, string id, string? algorithm)
    {
        (ECCurve Curve, int Length, string Algorithm)? known = jwk["crv"u8].Text.ToString() switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32, "ES256"),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48, "ES384"),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66, "ES512"),
            _ => null,
        };
        if (known is not { } curve || Bytes(jwk["x"u8]) is not { } x || Bytes(jwk["y"u8]) is not { } y || x.Length != curve.Length
            || y.Length != curve.Length)
        {
            return null;
        }

        return new VerificationKey(id, algorithm, null, new ECParameters { Curve = curve.Curve, Q = new ECPoint { X = x, Y = y } }, curve.Algorithm);
    }

    private static byte[]? Bytes(JsonNode node) => node.IsString ? JwtReader.Decode(node.Text.ToString()) : null;
}

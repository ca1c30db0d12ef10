using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Oidc;

/// <summary>An issuer with an RSA key called <c>r1</c> and an EC key called <c>e1</c>, which signs whatever it is told to.</summary>
internal sealed class TestIssuer
{
    /// <summary>Who it is.</summary>
    public const string Name = "https://issuer.example";

    // For all tests: to make one takes long.
    private static readonly RSA s_rsa = RSA.Create(2048);
    private static readonly ECDsa s_curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Names of its keys.</summary>
    public string RsaId { get; set; } = "r1";

    /// <summary>The public RSA key, as text in PEM.</summary>
    public string PublicPem => s_rsa.ExportSubjectPublicKeyInfoPem();

    /// <summary>The public RSA key.</summary>
    public string RsaJwk(string more = "") =>
        $$"""{"kty":"RSA","kid":"{{RsaId}}","n":"{{Text(s_rsa.ExportParameters(false).Modulus!)}}","e":"AQAB"{{more}}}""";

    /// <summary>The public EC key.</summary>
    public string CurveJwk
    {
        get
        {
            ECPoint point = s_curve.ExportParameters(false).Q;
            return $$"""{"kty":"EC","kid":"e1","crv":"P-256","x":"{{Text(point.X!)}}","y":"{{Text(point.Y!)}}"}""";
        }
    }

    /// <summary>Its keys.</summary>
    public string Jwks => $$"""{"keys":[{{RsaJwk()}},{{CurveJwk}}]}""";

    /// <summary>Claims that are right for an hour, with <paramref name="more"/> of them.</summary>
    public static string Claims(DateTimeOffset now, string more = "", string subject = "alice", string issuer = Name) =>
        $$"""{"iss":"{{issuer}}","aud":"busbar","sub":"{{subject}}","iat":{{now.ToUnixTimeSeconds()}},"ex""" +
            $$"""p":{{now.ToUnixTimeSeconds() + 3600}}{{more}}}""";

    /// <summary>
    /// A token with this header and these claims, signed as the header's <c>alg</c> says as far as that is possible, else with RS256.
    /// </summary>
    public string Token(string claims, string? header = null)
    {
        header ??= $$"""{"alg":"RS256","typ":"JWT","kid":"{{RsaId}}"}""";
        string text = $"{Text(Encoding.UTF8.GetBytes(header))}.{Text(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Text(Sign(AlgorithmOf(header), Encoding.ASCII.GetBytes(text)))}";
    }

    /// <summary>In Base64url.</summary>
    public static string Text(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    private static string AlgorithmOf(string header)
    {
        try
        {
            using var json = JsonDocument.Parse(header);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("alg", out JsonElement algorithm)
                && algorithm.ValueKind == JsonValueKind.String ? algorithm.GetString()! : "RS256";
        }
        catch (JsonException)
        {
            return "RS256";
        }
    }

    private byte[] Sign(string algorithm, byte[] data) => algorithm switch
    {
        "ES256" => s_curve.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
        "PS256" => s_rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),

        // The classic: the public key as the secret that both sides know.
        "HS256" => HMACSHA256.HashData(Encoding.ASCII.GetBytes(PublicPem), data),
        "none" => [],
        _ => s_rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
    };
}

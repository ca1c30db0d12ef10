using System.Security.Cryptography;
using System.Text;
using Busbar.Wire;

namespace Busbar.Upstream.SigV4;

/// <summary>What the headers of a signed request claim, all of it in order as far as that can be told without the secret and the body.</summary>
internal sealed class SigV4Claim
{
    private readonly SigV4Authorization _authorization;
    private readonly string _date;
    private readonly string _method;
    private readonly string _path;
    private readonly string _query;
    private readonly (string Name, string Value)[] _headers;

    /// <summary>Keeps what the signature covers; <paramref name="query"/> is in canonical form.</summary>
    public SigV4Claim(SigV4Authorization authorization, string date, in SigV4Inbound request, string query, (string Name, string Value)[] headers,
        string? declaredHash)
    {
        _authorization = authorization;
        _date = date;
        _method = request.Method;
        _path = request.RawPath.Length == 0 ? "/" : UrlPath.EncodePath(request.RawPath);
        _query = query;
        _headers = headers;
        DeclaredHash = declaredHash;
    }

    /// <summary>The access key id that claims to have signed.</summary>
    public string AccessKeyId => _authorization.AccessKeyId;

    /// <summary>What the signing key was derived for.</summary>
    public SigV4Scope Scope => _authorization.Scope;

    /// <summary>The hash of the body as the headers have it, under the signature; null when only the body itself tells.</summary>
    public string? DeclaredHash { get; }

    /// <summary>SHA-256 of <paramref name="body"/> as signatures spell it.</summary>
    public static string HashOf(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>
    /// Whether who knows <paramref name="secret"/> signed this request with a body whose hash is <paramref name="bodyHash"/>. Compares in fixed time.
    /// </summary>
    public SigV4Result Check(string secret, string bodyHash)
    {
        if (DeclaredHash is not null && DeclaredHash != bodyHash)
        {
            return SigV4Result.WrongPayload;
        }

        string expected = SigV4Signature.Compute(secret, Scope, _date, _method, _path, _query, _headers, bodyHash);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(_authorization.Signature))
            ? SigV4Result.Valid
            : SigV4Result.WrongSignature;
    }
}

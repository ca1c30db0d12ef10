using Busbar.Upstream.Credentials;

namespace Busbar.Upstream.SigV4;

/// <summary>A SigV4 <c>Authorization</c> header, taken apart.</summary>
/// <param name="AccessKeyId">The id that claims to have signed.</param>
/// <param name="Scope">What the signing key was derived for.</param>
/// <param name="SignedHeaders">Lower-case names in strictly ascending order.</param>
/// <param name="Signature">The claimed signature.</param>
internal readonly record struct SigV4Authorization(string AccessKeyId, SigV4Scope Scope, string[] SignedHeaders, string Signature)
{
    // Sixty-four hexadecimal digits; what is longer is not worth a comparison.
    private const int MaxSignature = 64;

    /// <summary>Whether the header <paramref name="name"/> is signed.</summary>
    public bool Signs(string name) => Array.IndexOf(SignedHeaders, name) >= 0;

    /// <summary>Reads <c>AWS4-HMAC-SHA256 Credential=ID/day/region/service/aws4_request, SignedHeaders=a;b, Signature=hex</c>.</summary>
    public static bool TryParse(string header, out SigV4Authorization authorization)
    {
        authorization = default;
        if (!header.StartsWith(SigV4Signature.Algorithm + " ", StringComparison.Ordinal))
        {
            return false;
        }

        string? credential = null;
        string? signed = null;
        string? signature = null;
        foreach (string part in header[SigV4Signature.Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=');
            string value = part[(equals + 1)..];
            switch (equals < 0 ? "" : part[..equals])
            {
                case "Credential" when credential is null: credential = value; break;
                case "SignedHeaders" when signed is null: signed = value; break;
                case "Signature" when signature is null: signature = value; break;
                default: return false;
            }
        }

        string[] scope = credential?.Split('/') ?? [];
        string[] names = signed?.Split(';') ?? [];
        if (scope.Length != 5 || Array.Exists(scope, part => part.Length == 0) || scope[4] != SigV4Signature.Terminator || signature is null
            || signature.Length > MaxSignature || !IsCanonical(names))
        {
            return false;
        }

        authorization = new SigV4Authorization(scope[0], new SigV4Scope(scope[1], scope[2], scope[3]), names, signature);
        return true;
    }

    private static bool IsCanonical(string[] names)
    {
        string previous = "";
        foreach (string name in names)
        {
            if (string.CompareOrdinal(previous, name) >= 0 || name.Any(char.IsAsciiLetterUpper))
            {
                return false;
            }

            previous = name;
        }

        return names.Length > 0;
    }
}

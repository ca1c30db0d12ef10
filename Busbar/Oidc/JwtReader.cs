using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Busbar.Wire.Json;

namespace Busbar.Oidc;

/// <summary>
/// Reads tokens in the compact form (RFC 7515, 7.1), more strictly than most: a name that occurs twice, an extension, padding or a bit that means
/// nothing is a fault. Keys that a token brings along (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) are not looked at.
/// </summary>
internal static class JwtReader
{
    /// <summary>Longest token, characters.</summary>
    public const int MaxLength = 16 * 1024;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    // RFC 8725, 3.11: a JWT made for another use must not pass here.
    private static readonly string[] Types = ["JWT", "at+jwt", "application/jwt", "application/at+jwt"];

    /// <summary>Whether <paramref name="secret"/> is a token by its form, right or wrong: a virtual key has no dots.</summary>
    public static bool IsToken(ReadOnlySpan<char> secret) => secret.StartsWith("eyJ", StringComparison.Ordinal) && secret.Count('.') >= 2;

    /// <summary>Reads <paramref name="token"/>; the result is null unless the answer is <see cref="TokenFault.None"/>.</summary>
    public static TokenFault Read(ReadOnlySpan<char> token, out Jwt? jwt)
    {
        jwt = null;
        if (token.Length > MaxLength)
        {
            return TokenFault.TooLong;
        }

        Span<Range> parts = stackalloc Range[4];
        if (token.Split(parts, '.') != 3)
        {
            return TokenFault.Malformed;
        }

        if (token[parts[2]].IsEmpty)
        {
            return TokenFault.Unsigned;
        }

        if (Decode(token[parts[0]]) is not { } head || Decode(token[parts[1]]) is not { } body || Decode(token[parts[2]]) is not { } signature)
        {
            return TokenFault.Malformed;
        }

        var header = new JsonTape();
        var claims = new JsonTape();
        TokenFault fault = !IsObject(header, head) || !IsObject(claims, body) ? TokenFault.Malformed : Judge(header.Root);
        if (fault != TokenFault.None)
        {
            header.Dispose();
            claims.Dispose();
            return fault;
        }

        jwt = new Jwt(header, claims, Encoding.ASCII.GetBytes(token[..(parts[1].End.GetOffset(token.Length))].ToArray()), signature);
        return TokenFault.None;
    }

    private static TokenFault Judge(JsonNode header)
    {
        if (!header["crit"u8].IsMissing || !header["enc"u8].IsMissing || !header["zip"u8].IsMissing || !header["b64"u8].IsMissing)
        {
            return TokenFault.Extension;
        }

        JsonNode type = header["typ"u8];
        if (!type.IsMissing && !Types.Contains(type.Text.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            return TokenFault.Extension;
        }

        return header["alg"u8].Text.IsNullOrEmpty ? TokenFault.Algorithm
            : header["alg"u8].Text.ToString().Equals("none", StringComparison.OrdinalIgnoreCase) ? TokenFault.Unsigned
            : header["kid"u8].Text.IsNullOrEmpty ? TokenFault.NoKid
            : TokenFault.None;
    }

    private static bool IsObject(JsonTape tape, byte[] json)
    {
        if (!tape.TryParse(json) || !tape.Root.IsObject)
        {
            return false;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonMember member in tape.Root.Members)
        {
            if (!names.Add(member.Name.ToString()))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The bytes of <paramref name="text"/> in Base64url without padding; null when it is anything else.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
        {
            return null;
        }

        // It refuses bits of the last character that belong to no byte, too: two texts for one value are one too many.
        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out int length) == OperationStatus.Done ? bytes[..length] : null;
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Busbar.Upstream.Identity;

/// <summary>Writes JSON web tokens (RFC 7519) that are signed with RSA.</summary>
internal static class SignedToken
{
    /// <summary>A token. The names in <paramref name="header"/> come after <c>alg</c> and <c>typ</c>.</summary>
    /// <param name="key">The private key.</param>
    /// <param name="algorithm"><c>RS256</c> or <c>PS256</c> (RFC 7518).</param>
    /// <param name="header">More of the header.</param>
    /// <param name="claims">Texts and whole numbers.</param>
    public static string Write(RSA key, string algorithm, IEnumerable<(string Name, string Value)> header,
        IEnumerable<(string Name, object Value)> claims)
    {
        string text =
            $"{Encode([("alg", algorithm), ("typ", "JWT"), .. header.Select(entry => (entry.Name, (object)entry.Value))])}.{Encode(claims)}";
        byte[] signature = key.SignData(
            System.Text.Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, algorithm == "PS256" ? RSASignaturePadding.Pss
                : RSASignaturePadding.Pkcs1);
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(IEnumerable<(string Name, object Value)> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach ((string name, object value) in members)
            {
                if (value is long number)
                {
                    json.WriteNumber(name, number);
                }
                else
                {
                    json.WriteString(name, (string)value);
                }
            }

            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(stream.ToArray());
    }
}

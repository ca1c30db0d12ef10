using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Busbar.Wire;

namespace Busbar.Upstream.SigV4;

/// <summary>
/// The arithmetic of AWS Signature Version 4, shared by signing and verifying
/// (AWS IAM user guide, "Create a signed AWS API request").
/// </summary>
internal static class SigV4Signature
{
    /// <summary>Names the algorithm in the <c>Authorization</c> header and the string to sign.</summary>
    public const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>Form of <c>x-amz-date</c>, always UTC.</summary>
    public const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Ends every credential scope.</summary>
    public const string Terminator = "aws4_request";

    /// <summary>The signature as 64 lower-case hex digits.</summary>
    /// <param name="secret">The secret access key.</param>
    /// <param name="scope">What the key is derived for.</param>
    /// <param name="date">Time of the request in <see cref="DateFormat"/>.</param>
    /// <param name="method">HTTP method, upper case.</param>
    /// <param name="canonicalUri">The path as sent, encoded once more.</param>
    /// <param name="canonicalQuery">The query in canonical form, without the question mark.</param>
    /// <param name="headers">The signed headers: lower-case names in ascending order, values as sent.</param>
    /// <param name="payloadHash">SHA-256 of the body in lower-case hex.</param>
    public static string Compute(
        string secret,
        SigV4Scope scope,
        string date,
        string method,
        string canonicalUri,
        string canonicalQuery,
        ReadOnlySpan<(string Name, string Value)> headers,
        string payloadHash)
    {
        using var text = new PooledBuffer(1024);
        Append(text, method, "\n", canonicalUri, "\n", canonicalQuery, "\n");
        foreach ((string name, string value) in headers)
        {
            Append(text, name, ":", CanonicalValue(value), "\n");
        }

        Append(text, "\n", SignedNames(headers), "\n", payloadHash);
        string canonicalHash = Convert.ToHexStringLower(SHA256.HashData(text.Span));

        text.Clear();
        Append(text, Algorithm, "\n", date, "\n", scope.ToString(), "\n", canonicalHash);
        Span<byte> key = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(scope.Day), key);
        foreach (string step in (ReadOnlySpan<string>)[scope.Region, scope.Service, Terminator])
        {
            HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(step), key);
        }

        HMACSHA256.HashData(key, text.Span, key);
        return Convert.ToHexStringLower(key);
    }

    /// <summary>The names of <paramref name="headers"/> joined by semicolons.</summary>
    public static string SignedNames(ReadOnlySpan<(string Name, string Value)> headers)
    {
        var names = new StringBuilder();
        foreach ((string name, _) in headers)
        {
            names.Append(names.Length > 0 ? ";" : "").Append(name);
        }

        return names.ToString();
    }

    /// <summary>Trims and collapses runs of the ASCII space; tabs and other white space are content.</summary>
    public static string CanonicalValue(string value)
    {
        value = value.Trim(' ');
        return value.Contains("  ", StringComparison.Ordinal) ? string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries)) : value;
    }

    /// <summary>
    /// A raw query (without its question mark) in canonical form: each name and value encoded, pairs in ascending order. Null when an escape is
    /// malformed.
    /// </summary>
    public static string? CanonicalQuery(string rawQuery)
    {
        if (rawQuery.Length == 0)
        {
            return "";
        }

        var pairs = new List<(string Name, string Value)>();
        foreach (string pair in rawQuery.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            if (!UrlPath.TryDecode(equals < 0 ? pair : pair[..equals], out string name)
                || !UrlPath.TryDecode(equals < 0 ? "" : pair[(equals + 1)..], out string value))
            {
                return null;
            }

            pairs.Add((UrlPath.EncodeSegment(name), UrlPath.EncodeSegment(value)));
        }

        pairs.Sort(static (left, right) =>
            string.CompareOrdinal(left.Name, right.Name) is int order and not 0 ? order : string.CompareOrdinal(left.Value, right.Value));
        return string.Join('&', pairs.Select(pair => $"{pair.Name}={pair.Value}"));
    }

    private static void Append(PooledBuffer output, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
        {
            Encoding.UTF8.GetBytes(part, output);
        }
    }
}

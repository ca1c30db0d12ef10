using System.Globalization;
using System.Security.Cryptography;

namespace Busbar.Upstream.SigV4;

/// <summary>Verifies AWS Signature Version 4 on received requests (header form; presigned URLs are not taken).</summary>
internal static class SigV4Verifier
{
    private const string PayloadHeader = "x-amz-content-sha256";

    // What clients of HTTP/2 sign in place of the host.
    private const string Authority = ":authority";

    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(300);

    /// <summary>Whether <paramref name="authorization"/> claims to be a SigV4 signature.</summary>
    public static bool IsSigV4(string authorization) => authorization.StartsWith(SigV4Signature.Algorithm, StringComparison.Ordinal);

    /// <summary>
    /// Judges everything that the headers of <paramref name="request"/> allow, so that no body is read for a request that can't be valid. botocore
    /// covers the body without sending its hash, other SDKs send <c>x-amz-content-sha256</c>; where it is sent it must be signed, and a hash.
    /// </summary>
    /// <param name="request">The request as received.</param>
    /// <param name="now">The current time.</param>
    /// <param name="claim">What is left to be checked; null unless the result is <see cref="SigV4Result.Valid"/>.</param>
    public static SigV4Result Judge(in SigV4Inbound request, DateTimeOffset now, out SigV4Claim? claim)
    {
        claim = null;
        if (!SigV4Authorization.TryParse(request.Header("authorization") ?? "", out SigV4Authorization authorization)
            || SigV4Signature.CanonicalQuery(request.RawQuery) is not string query)
        {
            return SigV4Result.Malformed;
        }

        string date = request.Header("x-amz-date") ?? "";
        if (!DateTimeOffset.TryParseExact(date, SigV4Signature.DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time))
        {
            return SigV4Result.NoDate;
        }

        if ((now - time).Duration() > MaxSkew)
        {
            return SigV4Result.Skewed;
        }

        if (authorization.Scope.Day != date[..8])
        {
            return SigV4Result.WrongScope;
        }

        if (!authorization.Signs("host") && !authorization.Signs(Authority))
        {
            return SigV4Result.HostNotSigned;
        }

        var headers = new (string Name, string Value)[authorization.SignedHeaders.Length];
        for (int index = 0; index < headers.Length; index++)
        {
            string name = authorization.SignedHeaders[index];
            if (request.Header(name == Authority ? "host" : name) is not string value)
            {
                return SigV4Result.HeaderMissing;
            }

            headers[index] = (name, value);
        }

        string? declared = request.Header(PayloadHeader);
        if (declared is not null && (!IsHash(declared) || !authorization.Signs(PayloadHeader)))
        {
            return SigV4Result.WrongPayload;
        }

        claim = new SigV4Claim(authorization, date, request, query, headers, declared);
        return SigV4Result.Valid;
    }

    private static bool IsHash(string text) => text.Length == 2 * SHA256.HashSizeInBytes && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Busbar.Wire;

namespace Busbar.Upstream;

/// <summary>Verifies AWS Signature Version 4 on received requests (header form; presigned URLs are not taken).</summary>
internal static class SigV4Verifier
{
    private const string PayloadHeader = "x-amz-content-sha256";

    // What clients of HTTP/2 sign in place of the host.
    private const string Authority = ":authority";

    // An unknown id costs the same work as a known one.
    private const string DummySecret = "0000000000000000000000000000000000000000";

    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(300);

    /// <summary>Whether <paramref name="authorization"/> claims to be a SigV4 signature.</summary>
    public static bool IsSigV4(string authorization) => authorization.StartsWith(SigV4Signature.Algorithm, StringComparison.Ordinal);

    /// <summary>
    /// Verifies <paramref name="request"/>. botocore covers the body without sending its hash, other SDKs send <c>x-amz-content-sha256</c>;
    /// where it is sent it must be signed and match the body.
    /// </summary>
    /// <param name="request">The request as received.</param>
    /// <param name="secretOf">The secret of an access key id; null when the id is unknown.</param>
    /// <param name="now">The current time.</param>
    /// <param name="accessKeyId">The id that signed; empty unless the result is <see cref="SigV4Result.Valid"/>.</param>
    public static SigV4Result Verify(in SigV4Inbound request, Func<string, string?> secretOf, DateTimeOffset now, out string accessKeyId)
    {
        accessKeyId = "";
        if (!SigV4Authorization.TryParse(request.Header("authorization") ?? "", out SigV4Authorization claim)
            || SigV4Signature.CanonicalQuery(request.RawQuery) is not string query)
        {
            return SigV4Result.Malformed;
        }

        string date = request.Header("x-amz-date") ?? "";
        if (!DateTimeOffset.TryParseExact(date, SigV4Signature.DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
        {
            return SigV4Result.NoDate;
        }

        if ((now - time).Duration() > MaxSkew)
        {
            return SigV4Result.Skewed;
        }

        if (claim.Scope.Day != date[..8])
        {
            return SigV4Result.WrongScope;
        }

        if (!claim.Signs("host") && !claim.Signs(Authority))
        {
            return SigV4Result.HostNotSigned;
        }

        var headers = new (string Name, string Value)[claim.SignedHeaders.Length];
        for (int index = 0; index < headers.Length; index++)
        {
            string name = claim.SignedHeaders[index];
            if (request.Header(name == Authority ? "host" : name) is not string value)
            {
                return SigV4Result.HeaderMissing;
            }

            headers[index] = (name, value);
        }

        string bodyHash = Convert.ToHexStringLower(request.BodyHash.Span);
        if (request.Header(PayloadHeader) is string declared && (declared != bodyHash || !claim.Signs(PayloadHeader)))
        {
            return SigV4Result.WrongPayload;
        }

        string? secret = secretOf(claim.AccessKeyId);
        string path = request.RawPath.Length == 0 ? "/" : UrlPath.EncodePath(request.RawPath);
        string expected = SigV4Signature.Compute(secret ?? DummySecret, claim.Scope, date, request.Method, path, query, headers, bodyHash);
        bool matches = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(claim.Signature));
        if (!matches || secret is null)
        {
            return SigV4Result.WrongSignature;
        }

        accessKeyId = claim.AccessKeyId;
        return SigV4Result.Valid;
    }
}

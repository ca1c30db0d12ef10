using System.Globalization;
using System.Security.Cryptography;
using Busbar.Upstream.Credentials;
using Busbar.Wire;

namespace Busbar.Upstream.SigV4;

/// <summary>Signs requests to Amazon Bedrock, and to the service that gives temporary keys, with AWS Signature Version 4.</summary>
internal static class SigV4Signer
{
    /// <summary>The service name in Bedrock's credential scope.</summary>
    public const string Service = "bedrock";

    /// <summary>Signs a POST without query whose content type is <c>application/json</c>.</summary>
    /// <param name="credential">The key pair.</param>
    /// <param name="region">AWS region; see <see cref="AwsRegion"/>.</param>
    /// <param name="host">The <c>Host</c> header as sent; see <see cref="HostOf"/>.</param>
    /// <param name="wirePath">The path as sent, percent-encoded once; it is encoded once more for the signature, as for all services but S3.</param>
    /// <param name="now">Time of the request.</param>
    /// <param name="payload">The body in as many segments as it is sent.</param>
    public static SigV4Headers Sign(
        AwsCredential credential,
        string region,
        string host,
        string wirePath,
        DateTimeOffset now,
        params ReadOnlySpan<ReadOnlyMemory<byte>> payload) =>
        Sign(credential, Service, region, host, wirePath, "application/json", now, payload);

    /// <summary>As the other, for any service and content type.</summary>
    public static SigV4Headers Sign(
        AwsCredential credential,
        string service,
        string region,
        string host,
        string wirePath,
        string contentType,
        DateTimeOffset now,
        params ReadOnlySpan<ReadOnlyMemory<byte>> payload)
    {
        string date = now.UtcDateTime.ToString(SigV4Signature.DateFormat, CultureInfo.InvariantCulture);
        var scope = new SigV4Scope(date[..8], region, service);
        string hash = HashOf(payload);
        ReadOnlySpan<(string Name, string Value)> headers =
        [
            ("content-type", contentType),
            ("host", host),
            ("x-amz-content-sha256", hash),
            ("x-amz-date", date),
            ("x-amz-security-token", credential.SessionToken ?? ""),
        ];
        headers = credential.SessionToken is null ? headers[..^1] : headers;

        string signature = SigV4Signature.Compute(credential.Secret, scope, date, "POST", UrlPath.EncodePath(wirePath), "", headers, hash);
        string authorization =
            $"{SigV4Signature.Algorithm} Credential={credential.AccessKeyId}/{scope}, SignedHeaders={SigV4Signature.SignedNames(headers)}, " +
            $"Signature={signature}";
        return new SigV4Headers(authorization, date, hash, credential.SessionToken);
    }

    /// <summary>
    /// The <c>Host</c> header that the HTTP client sends for <paramref name="address"/>: no user info, no path, the port unless it is the scheme's
    /// own.
    /// </summary>
    public static string HostOf(Uri address) =>
        address.HostNameType == UriHostNameType.IPv6 || address.IdnHost == address.Host ? address.Authority
        : address.IsDefaultPort ? address.IdnHost
        : $"{address.IdnHost}:{address.Port}";

    private static string HashOf(ReadOnlySpan<ReadOnlyMemory<byte>> payload)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ReadOnlyMemory<byte> segment in payload)
        {
            sha.AppendData(segment.Span);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        sha.GetHashAndReset(hash);
        return Convert.ToHexStringLower(hash);
    }
}

using System.Security.Cryptography;
using System.Text;
using Busbar.Configuration;
using Busbar.Ir;
using Busbar.Upstream;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway;

/// <summary>
/// Decides who may call (control plane, 3). Tokens are compared as SHA-256 digests, in fixed time, against every entry of the
/// list, so that neither length nor position can be measured.
/// </summary>
internal sealed class Authenticator
{
    private readonly AuthMode _mode;
    private readonly byte[][] _digests;

    /// <summary>Prepares the checks of <paramref name="config"/>.</summary>
    public Authenticator(AuthConfig config)
    {
        _mode = config.Mode;
        _digests = [.. config.ClientTokens.Select(token => SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal())))];
    }

    /// <summary>
    /// Judges the credentials of one request. <paramref name="query"/> is the raw query, read for a key only on Gemini paths.
    /// <paramref name="admitted"/> is the memory of the connection, kept between its requests.
    /// </summary>
    public CallerIdentity Authenticate(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol, ref AdmittedToken admitted)
    {
        if (_mode == AuthMode.None)
        {
            return new(true, default);
        }

        string? authorization = First(headers.Authorization);
        if (_mode == AuthMode.Token && admitted.IsHeader(this, authorization))
        {
            return new(true, default);
        }

        string? token = Carried(headers, query, protocol, out CredentialCarrier carrier);
        if (_mode == AuthMode.Passthrough)
        {
            return new(true, new CallerCredential(true, token is null ? null : new Secret(token), carrier));
        }

        bool listed = token is not null && (admitted.IsToken(this, token, carrier) || IsListed(token));
        if (listed)
        {
            admitted = new AdmittedToken(this, carrier == CredentialCarrier.Bearer ? authorization! : token!, carrier);
        }

        return new(listed, default);
    }

    /// <summary>The first non-empty token in the order of control plane 3.2; null when there is none.</summary>
    internal static string? Carried(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol, out CredentialCarrier carrier)
    {
        string? authorization = First(headers.Authorization);
        if (authorization is not null
            && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            && !string.IsNullOrWhiteSpace(authorization[7..]))
        {
            carrier = CredentialCarrier.Bearer;
            return authorization[7..];
        }

        if (First(headers["x-api-key"]) is { } apiKey)
        {
            carrier = CredentialCarrier.ApiKeyHeader;
            return apiKey;
        }

        if (First(headers["x-goog-api-key"]) is { } googleKey)
        {
            carrier = CredentialCarrier.GoogleHeader;
            return googleKey;
        }

        if (First(headers["api-key"]) is { } azureKey)
        {
            carrier = CredentialCarrier.AzureHeader;
            return azureKey;
        }

        if (protocol == ProtocolId.Gemini && QueryValue.Of(query, "key") is { IsEmpty: false } queryKey)
        {
            carrier = CredentialCarrier.Query;
            return Uri.UnescapeDataString(queryKey);
        }

        carrier = CredentialCarrier.None;
        return null;
    }

    private static string? First(Microsoft.Extensions.Primitives.StringValues values) =>
        values.Count > 0 && !string.IsNullOrWhiteSpace(values[0]) ? values[0] : null;

    private bool IsListed(string token)
    {
        const int StackLimit = 512;
        int size = Encoding.UTF8.GetMaxByteCount(token.Length);
        Span<byte> utf8 = size <= StackLimit ? stackalloc byte[StackLimit] : new byte[size];
        int length = Encoding.UTF8.GetBytes(token, utf8);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..length], digest);
        bool listed = false;
        foreach (byte[] known in _digests)
        {
            listed |= CryptographicOperations.FixedTimeEquals(known, digest);
        }

        return listed;
    }
}

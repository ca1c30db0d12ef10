using System.Security.Cryptography;
using System.Text;
using Busbar.Admin;
using Busbar.Configuration.Model;
using Busbar.Gateway.Routing;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Upstream;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Decides who may call (control plane, 3). Tokens are compared as SHA-256 digests, in fixed time, against every entry of the
/// list, so that neither length nor position can be measured.
/// </summary>
internal sealed class Authenticator
{
    private const string Bearer = "Bearer ";

    // Stands for bytes that are no UTF-8.
    private const char NoText = '\uFFFD';

    private readonly AuthMode _mode;
    private readonly byte[][] _digests;
    private readonly byte[][] _operatorDigests;
    private readonly KeyDirectory? _keys;
    private readonly AdminGate _operators;
    private readonly TimeProvider _time;

    /// <summary>Prepares the checks of <paramref name="config"/>; where there are <paramref name="keys"/>, they alone admit, whatever the mode.</summary>
    public Authenticator(GatewayConfig config, KeyDirectory? keys, TimeProvider time)
    {
        _mode = config.Auth.Mode;
        _digests = DigestsOf(config.Auth.ClientTokens);
        _operatorDigests = DigestsOf(config.Auth.OperatorTokens);
        _keys = keys;
        _operators = new AdminGate(config.Governance);
        _time = time;
    }

    /// <summary>
    /// Judges the credentials of one request. <paramref name="query"/> is the raw query, read for a key only on Gemini paths.
    /// <paramref name="admitted"/> is the memory of the connection, kept between its requests.
    /// </summary>
    public CallerIdentity Authenticate(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol, ref AdmittedToken admitted)
    {
        if (_keys is not null)
        {
            return FindKey(_keys, headers, query, protocol, ref admitted);
        }

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
            if (token is null && protocol == ProtocolId.Bedrock && authorization is not null && SigV4Verifier.IsSigV4(authorization))
            {
                carrier = CredentialCarrier.Signature;
            }

            return new(true, new CallerCredential(true, token is null ? null : new Secret(token), carrier));
        }

        bool listed = token is not null && (admitted.IsToken(this, token, carrier) || IsListed(token, _digests));
        if (listed)
        {
            admitted = new AdmittedToken(this, carrier == CredentialCarrier.Bearer ? authorization! : token!, carrier);
        }

        return new(listed, default);
    }

    /// <summary>Whether a request that shows no secret is signed as AWS clients do, which only Bedrock's own paths take.</summary>
    public bool IsSigned(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol) =>
        _keys is not null && protocol == ProtocolId.Bedrock && First(headers.Authorization) is { } authorization && SigV4Verifier.IsSigV4(authorization)
        && !ShowsSecret(headers, query, protocol);

    /// <summary>
    /// Whether the request may see the figures of the whole process: with the admin or the read token, or a client token that is marked for it. Where there are
    /// neither keys nor marked tokens, whoever may call may see them.
    /// </summary>
    public bool MaySeeFigures(IHeaderDictionary headers, in CallerIdentity caller) =>
        _operators.Judge(headers) != AdminAccess.None
        || (Carried(headers, default, ProtocolId.OpenAI, out _) is { } token && IsListed(token, _operatorDigests))
        || (_keys is null && caller.Admitted && (_mode != AuthMode.Token || _operatorDigests.Length == 0));

    /// <summary>Whether the request shows a secret at all: only then can it be a wrong one.</summary>
    public static bool ShowsSecret(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol) => Carried(headers, query, protocol, out _) is not null;

    /// <summary>The first non-empty token in the order of control plane 3.2; null when there is none.</summary>
    internal static string? Carried(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol, out CredentialCarrier carrier)
    {
        string? authorization = First(headers.Authorization);
        if (authorization is not null
            && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && !string.IsNullOrWhiteSpace(authorization[Bearer.Length..]))
        {
            carrier = CredentialCarrier.Bearer;
            return authorization[Bearer.Length..];
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
        values.Count > 0 && !string.IsNullOrWhiteSpace(values[0]) && !values[0]!.Contains(NoText) ? values[0] : null;

    private CallerIdentity FindKey(KeyDirectory keys, IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol, ref AdmittedToken admitted)
    {
        string? authorization = First(headers.Authorization);
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        if (admitted.IsHeader(this, authorization) && admitted.IsInForce(now))
        {
            return new(true, default, admitted.Key);
        }

        string? token = Carried(headers, query, protocol, out CredentialCarrier carrier);
        if (token is null)
        {
            return default;
        }

        if (admitted.IsToken(this, token, carrier) && admitted.IsInForce(now))
        {
            return new(true, default, admitted.Key);
        }

        KeyEntry? key = keys.Find(token, now, out KeyDigest digest);
        if (key is not null)
        {
            admitted = new AdmittedToken(this, carrier == CredentialCarrier.Bearer ? authorization! : token, carrier, key, digest);
        }

        return new(key is not null, default, key);
    }

    private static byte[][] DigestsOf(IReadOnlyList<Secret> tokens) => [.. tokens.Select(token => SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal())))];

    private static bool IsListed(string token, byte[][] digests)
    {
        const int StackLimit = 512;
        int size = Encoding.UTF8.GetMaxByteCount(token.Length);
        Span<byte> utf8 = size <= StackLimit ? stackalloc byte[StackLimit] : new byte[size];
        int length = Encoding.UTF8.GetBytes(token, utf8);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..length], digest);
        bool listed = false;
        foreach (byte[] known in digests)
        {
            listed |= CryptographicOperations.FixedTimeEquals(known, digest);
        }

        return listed;
    }
}

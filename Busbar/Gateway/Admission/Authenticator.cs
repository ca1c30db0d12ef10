using System.Security.Cryptography;
using System.Text;
using Busbar.Admin;
using Busbar.Configuration.Model;
using Busbar.Gateway.Admission.Tokens;
using Busbar.Gateway.Routing;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Oidc;
using Busbar.Protocols;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Decides who may call (control plane, 3). Tokens are compared as SHA-256 digests, in fixed time, against every entry of the
/// list, so that neither length nor position can be measured.
/// </summary>
internal sealed class Authenticator
{
    /// <summary>
    /// Where a virtual key is shown beside the caller's own credential (auth mode <c>passthrough</c>). It never goes to a provider.
    /// </summary>
    public const string KeyHeader = "x-busbar-key";

    private const string Bearer = "Bearer ";

    // Stands for bytes that are no UTF-8.
    private const char NoText = '\uFFFD';

    private readonly AuthMode _mode;
    private readonly byte[][] _digests;
    private readonly byte[][] _operatorDigests;
    private readonly KeyDirectory? _keys;
    private readonly TokenGate? _tokens;
    private readonly AdminGate _operators;
    private readonly TimeProvider _time;

    /// <summary>
    /// Prepares the checks of <paramref name="config"/>; where there are <paramref name="keys"/>, they alone admit, whatever the mode, and
    /// <paramref name="tokens"/> of issuers in their place.
    /// </summary>
    public Authenticator(GatewayConfig config, KeyDirectory? keys, TimeProvider time, TokenGate? tokens = null)
    {
        _tokens = tokens is { IsOn: true } ? tokens : null;
        _mode = config.Auth.Mode;
        _digests = DigestsOf(config.Auth.ClientTokens);
        _operatorDigests = DigestsOf(config.Auth.OperatorTokens);
        _keys = keys;
        _operators = new AdminGate(config.Governance);
        _time = time;
    }

    /// <summary>
    /// Judges the credentials of one request. <paramref name="query"/> is the raw query, read for a key only where the protocol has keys in it.
    /// <paramref name="admitted"/> is the memory of the connection, kept between its requests.
    /// </summary>
    public CallerIdentity Authenticate(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol, ref AdmittedToken admitted)
    {
        if (_keys is not null)
        {
            return _mode == AuthMode.Passthrough
                ? FindKeyBeside(_keys, headers, query, protocol, ref admitted)
                : FindKey(_keys, headers, query, protocol, ref admitted);
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
            return new(true, OwnCredential(token, carrier, authorization, protocol));
        }

        bool listed = token is not null && (admitted.IsToken(this, token, carrier) || IsListed(token, _digests));
        if (listed)
        {
            admitted = new AdmittedToken(this, carrier == CredentialCarrier.Bearer ? authorization! : token!, carrier);
        }

        return new(listed, default);
    }

    /// <summary>Whether a request that shows no secret is signed as AWS clients do, which only paths of AWS take.</summary>
    public bool IsSigned(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol) =>
        _keys is not null && _mode != AuthMode.Passthrough && ProtocolTable.Get(protocol).Traffic.HasSignatures
        && First(headers.Authorization) is { } authorization && SigV4Verifier.IsSigV4(authorization)
        && !ShowsSecret(headers, query, protocol);

    /// <summary>
    /// Whether the request may see the figures of the whole process: with the admin or the read token, or a client token that is marked for it. Where
    /// there are neither keys nor marked tokens, whoever may call may see them.
    /// </summary>
    public bool MaySeeFigures(IHeaderDictionary headers, in CallerIdentity caller) =>
        _operators.Judge(headers) != AdminAccess.None
        || (Carried(headers, default, ProtocolTable.Usual.Id, out _) is { } token && IsListed(token, _operatorDigests))
        || (_keys is null && caller.Admitted && (_mode != AuthMode.Token || _operatorDigests.Length == 0));

    /// <summary>Whether the request shows a secret at all: only then can it be a wrong one.</summary>
    public bool ShowsSecret(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol) => Shown(headers, query, protocol) is not null;

    /// <summary>The token of an issuer that was shown and is to be judged, right or wrong; null where none was, or none are taken.</summary>
    public string? TokenToJudge(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol) =>
        _tokens is not null && Shown(headers, query, protocol) is { } shown && JwtReader.IsToken(shown) ? shown : null;

    // What decides who calls.
    private string? Shown(IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol) =>
        _keys is not null && _mode == AuthMode.Passthrough ? First(headers[KeyHeader]) : Carried(headers, query, protocol, out _);

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

        if (ProtocolTable.Get(protocol).ClientMarks.KeyQuery is { } name && QueryValue.Of(query, name) is { IsEmpty: false } queryKey)
        {
            carrier = CredentialCarrier.Query;
            return Uri.UnescapeDataString(queryKey);
        }

        carrier = CredentialCarrier.None;
        return null;
    }

    private static string? First(Microsoft.Extensions.Primitives.StringValues values) =>
        values.Count > 0 && !string.IsNullOrWhiteSpace(values[0]) && !values[0]!.Contains(NoText) ? values[0] : null;

    private CallerIdentity FindKey(KeyDirectory keys, IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol,
        ref AdmittedToken admitted)
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

        return FindKey(keys, token, carrier == CredentialCarrier.Bearer ? authorization! : token, carrier, now, ref admitted);
    }

    // The key stands in a header of its own; what else is shown is for the provider.
    private CallerIdentity FindKeyBeside(KeyDirectory keys, IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol,
        ref AdmittedToken admitted)
    {
        if (First(headers[KeyHeader]) is not { } secret)
        {
            return default;
        }

        CallerIdentity found = FindKey(keys, secret, secret, CredentialCarrier.KeyHeader, _time.GetUtcNow().ToUnixTimeSeconds(), ref admitted);
        return found.Key is { } key ? Identify(key, secret, headers, query, protocol) : found;
    }

    /// <summary>What a request proves that showed <paramref name="secret"/>, which belongs to <paramref name="key"/>.</summary>
    public CallerIdentity Identify(KeyEntry key, string secret, IHeaderDictionary headers, ReadOnlySpan<char> query, ProtocolId protocol)
    {
        if (_mode != AuthMode.Passthrough)
        {
            return new(true, default, key);
        }

        // A virtual key that stands in the wrong place is not for the provider either.
        string? own = Carried(headers, query, protocol, out CredentialCarrier carrier);
        own = own is not null && (own == secret || own.StartsWith(KeyGenerator.Prefix, StringComparison.Ordinal)) ? null : own;
        return new(true, OwnCredential(own, carrier, First(headers.Authorization), protocol), key);
    }

    private CallerIdentity FindKey(KeyDirectory keys, string token, string shown, CredentialCarrier carrier, long now, ref AdmittedToken admitted)
    {
        if (admitted.IsToken(this, token, carrier) && admitted.IsInForce(now))
        {
            return new(true, default, admitted.Key);
        }

        KeyEntry? key;
        if (_tokens is not null && JwtReader.IsToken(token))
        {
            key = _tokens.Find(token, now, out long until);
            admitted = key is null ? admitted : new AdmittedToken(this, shown, carrier, key, until: until);
        }
        else
        {
            key = keys.Find(token, now, out KeyDigest digest);
            admitted = key is null ? admitted : new AdmittedToken(this, shown, carrier, key, digest);
        }

        return new(key is not null, default, key);
    }

    private static CallerCredential OwnCredential(string? token, CredentialCarrier carrier, string? authorization, ProtocolId protocol) => new(
        true,
        token is null ? null : new Secret(token),
        token is null && ProtocolTable.Get(protocol).Traffic.HasSignatures && authorization is not null && SigV4Verifier.IsSigV4(authorization)
            ? CredentialCarrier.Signature : carrier);

    private static byte[][] DigestsOf(IReadOnlyList<Secret> tokens)
        => [.. tokens.Select(token => SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal())))];

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

using System.Security.Cryptography;
using Busbar.Configuration.Model;
using Busbar.Governance.Keys;
using Busbar.Upstream;

namespace Busbar.Gateway.Admission;

/// <summary>Callers that sign their requests with an access key, as AWS clients do, instead of showing a secret (Signature Version 4).</summary>
internal sealed class SignedCaller
{
    private const string Service = "bedrock";

    private readonly KeyDirectory _keys;
    private readonly SecretBox? _box;
    private readonly AccessKeyPair? _decoy;
    private readonly TimeProvider _time;

    /// <summary>Verifies for <paramref name="keys"/>; without a master key in <paramref name="config"/> no signature is valid.</summary>
    public SignedCaller(GovernanceConfig config, KeyDirectory keys, TimeProvider time)
    {
        _keys = keys;
        _box = SecretBox.Of(config);
        _decoy = _box?.Seal("", "", new Secret(new string('0', 40)));
        _time = time;
    }

    /// <summary>The key that signed <paramref name="exchange"/>, whose body has been read; null when the signature is not valid or its key not in force.</summary>
    public KeyEntry? Verify(Exchange exchange)
    {
        DateTimeOffset now = _time.GetUtcNow();
        KeyEntry? signer = null;
        var inbound = new SigV4Inbound(
            exchange.Method,
            exchange.RawPath.ToString(),
            exchange.RawQuery.ToString(),
            name => exchange.RequestHeaders.TryGetValue(name, out var values) ? string.Join(',', values.ToArray()) : null,
            SHA256.HashData(exchange.Body!.Span));
        SigV4Result result = SigV4Verifier.Verify(inbound, id => SecretOf(id, now.ToUnixTimeSeconds(), out signer), now, out _);
        bool isForUs = SigV4Authorization.TryParse(inbound.Header("authorization") ?? "", out SigV4Authorization claim) && claim.Scope.Service == Service;
        return result == SigV4Result.Valid && isForUs ? signer : null;
    }

    // For an id that is unknown, or whose key is not in force, a decoy is opened, and the time that takes tells nothing.
    private string? SecretOf(string accessKeyId, long now, out KeyEntry? signer)
    {
        signer = _keys.FindAccessKey(accessKeyId);
        if (signer is { IsDeleted: false, Key: { AccessKey: { } pair } key } && pair.Id == accessKeyId && key.IsActive(now))
        {
            return _box?.Open(key.Id, pair)?.Reveal();
        }

        _box?.Open("", _decoy!);
        signer = null;
        return null;
    }
}

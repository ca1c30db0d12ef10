using Busbar.Configuration.Model;
using Busbar.Governance.Keys;
using Busbar.Upstream.SigV4;

namespace Busbar.Gateway.Admission;

/// <summary>Callers that sign their requests with an access key, as AWS clients do, instead of showing a secret (Signature Version 4).</summary>
internal sealed class SignedCaller
{
    private const string Service = "bedrock";

    private readonly KeyDirectory _keys;
    private readonly SecretBox? _box;
    private readonly TimeProvider _time;

    /// <summary>Verifies for <paramref name="keys"/>; without a master key in <paramref name="config"/> no signature is valid.</summary>
    public SignedCaller(GovernanceConfig config, KeyDirectory keys, TimeProvider time)
    {
        _keys = keys;
        _box = SecretBox.Of(config);
        _time = time;
    }

    /// <summary>
    /// Judges a signed request by its headers; no byte of its body is read for one that fails here. Null when its signature can't be valid. Ids of
    /// access keys are no secrets, so who is unknown is refused at once.
    /// </summary>
    public SignedRequest? Judge(Exchange exchange)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var inbound = new SigV4Inbound(
            exchange.Method,
            exchange.RawPath.ToString(),
            exchange.RawQuery.ToString(),
            name => exchange.RequestHeaders.TryGetValue(name, out var values) ? string.Join(',', values.ToArray()) : null);
        if (_box is null || SigV4Verifier.Judge(inbound, now, out SigV4Claim? claim) != SigV4Result.Valid || claim!.Scope.Service != Service)
        {
            return null;
        }

        if (_keys.FindAccessKey(claim.AccessKeyId) is not { Key: { AccessKey: { } pair } key } signer
            || pair.Id != claim.AccessKeyId || !signer.IsInForce(now.ToUnixTimeSeconds()) || _box.Open(key.Id, pair) is not { } secret)
        {
            return null;
        }

        var request = new SignedRequest(signer, claim, secret);
        return request.IsForged ? null : request;
    }
}

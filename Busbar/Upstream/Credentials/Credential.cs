using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Upstream.Identity;
using Busbar.Upstream.SigV4;
using Busbar.Wire;

namespace Busbar.Upstream.Credentials;

/// <summary>
/// Puts a provider credential on a request, in the header that the provider's own clients use today (current wire facts, 2b). A key with bytes
/// that no header may carry is left out: the provider refuses the call, which is then classified like any other refusal.
/// </summary>
internal sealed class Credential
{
    private readonly ProviderConfig _provider;
    private readonly KeyForm _form;
    private readonly string _key;
    private readonly string _bearer;
    private readonly AwsCredential? _pair;
    private readonly string _region;

    /// <summary>The credential <paramref name="key"/> for <paramref name="provider"/>.</summary>
    public Credential(ProviderConfig provider, Secret? key)
    {
        _provider = provider;
        _form = ProtocolTable.Get(provider.Protocol).Key;
        _key = key?.Reveal() ?? "";
        _bearer = "Bearer " + _key;
        _pair = Pair(_key);
        AwsRegion.TryFromHost(new Uri(provider.BaseUrl).Host, out string derived);
        _region = provider.Region ?? derived;
    }

    /// <summary>Adds the headers of a credential of the gateway's own identity for one call.</summary>
    public void Apply(UpstreamRequest request, MintedCredential minted, DateTimeOffset now)
    {
        if (minted.Authorization is { } bearer)
        {
            request.TrySet("Authorization", bearer);
        }
        else
        {
            Sign(request, minted.Pair, now);
        }
    }

    /// <summary>Adds the credential headers for one call.</summary>
    public void Apply(UpstreamRequest request, CallerCredential caller, DateTimeOffset now)
    {
        string key = caller.IsPassthrough ? caller.Token?.Reveal() ?? "" : _key;
        if (key.Length == 0 || !IsHeaderSafe(key))
        {
            return;
        }

        if (_provider.Auth == ProviderAuth.ApiKey)
        {
            request.TryAdd("api-key", key);
            return;
        }

        if (_provider.Auth == ProviderAuth.Native)
        {
            switch (_provider.Platform)
            {
                case Platform.BedrockInvoke when key.Contains(':'):
                    Sign(request, caller.IsPassthrough ? Pair(key) : _pair, now);
                    return;
                case Platform.Vertex when IsGoogleApiKey(key):
                    request.TryAdd("x-goog-api-key", key);
                    return;
                case Platform.Azure when !IsToken(key):
                    request.TryAdd(_form == KeyForm.ApiKeyHeader ? "x-api-key" : "api-key", key);
                    return;
            }

            switch (_provider.Platform == Platform.None ? _form : KeyForm.Bearer)
            {
                case KeyForm.ApiKeyHeader when UsesApiKeyHeader(key.TrimStart(), caller):
                    request.TryAdd("x-api-key", key.Trim());
                    return;
                case KeyForm.GoogleHeader when caller.Carrier != CredentialCarrier.Bearer || IsGoogleApiKey(key):
                    request.TryAdd("x-goog-api-key", key);
                    return;
                case KeyForm.Signature when key.Contains(':'):
                    Sign(request, caller.IsPassthrough ? Pair(key) : _pair, now);
                    return;
            }
        }

        request.TryAdd("Authorization", caller.IsPassthrough ? "Bearer " + key : _bearer);
    }

    // sk-ant-api… keys are accepted in x-api-key everywhere, compatible servers included; sk-ant-oat… tokens only as Bearer. Of a key of unknown
    // shape nothing is known but how its owner sent it.
    private static bool UsesApiKeyHeader(string key, CallerCredential caller) =>
        key.StartsWith("sk-ant-api", StringComparison.Ordinal)
        || (!key.StartsWith("sk-ant-oat", StringComparison.Ordinal) && (!caller.IsPassthrough || caller.Carrier == CredentialCarrier.ApiKeyHeader));

    // Clients of other protocols know no way but Bearer, where Google takes OAuth tokens alone.
    private static bool IsGoogleApiKey(string key) => key.StartsWith("AIza", StringComparison.Ordinal)
        || key.StartsWith("AQ.", StringComparison.Ordinal);

    // A JSON web token, as Microsoft Entra ID gives out; keys of Azure resources are none.
    private static bool IsToken(string key) => key.StartsWith("eyJ", StringComparison.Ordinal) && key.Contains('.');

    private static bool IsHeaderSafe(string key)
    {
        foreach (char character in key)
        {
            if (character is < ' ' or > '~')
            {
                return false;
            }
        }

        return true;
    }

    private static AwsCredential? Pair(string key) => AwsCredential.TryParse(key, out AwsCredential? pair) ? pair : null;

    // A pair that cannot be read goes out unsigned, and the provider says so.
    private void Sign(UpstreamRequest request, AwsCredential? pair, DateTimeOffset now)
    {
        if (pair is null)
        {
            return;
        }

        Uri address = request.Address;
        SigV4Headers signed = SigV4Signer.Sign(pair, _region, SigV4Signer.HostOf(address), address.AbsolutePath, now, request.Body.ToArray());
        request.TrySet("Authorization", signed.Authorization);
        request.TrySet("x-amz-date", signed.Date);
        request.TrySet("x-amz-content-sha256", signed.ContentSha256);
        if (signed.SecurityToken is { } token)
        {
            request.TrySet("x-amz-security-token", token);
        }
    }
}

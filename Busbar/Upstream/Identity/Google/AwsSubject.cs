using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Identity.Aws;
using Busbar.Upstream.SigV4;

namespace Busbar.Upstream.Identity.Google;

/// <summary>
/// Proves an identity of AWS to Google: a signed call of <c>GetCallerIdentity</c> that Google makes itself (google.aip.dev/auth/4117). The keys are
/// those of the variables, else of the instance.
/// </summary>
internal sealed class AwsSubject(CredentialCalls calls, IEnvironment environment, TimeProvider time)
{
    private const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly AwsSettings _settings = new(new IdentityConfig { Kind = IdentityKind.Aws }, environment);

    /// <summary>The subject token.</summary>
    public async ValueTask<string> TokenAsync(JsonElement source, string audience, CancellationToken cancellation)
    {
        var chain = new SourceChain(
            "no AWS credentials for the external account", new VariablesSource(_settings), new ContainerSource(_settings, calls),
            new InstanceSource(_settings, calls));
        MintedCredential keys = (await chain.MintAsync(cancellation).ConfigureAwait(false))!;
        string region = _settings.Variable("AWS_REGION") ?? _settings.Variable("AWS_DEFAULT_REGION")
            ?? throw new IdentityException("no AWS region for the external account; set AWS_REGION");
        string template = CredentialReply.Find(source, "regional_cred_verification_url")
            ?? "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";
        Uri address = TokenForm.Address(template.Replace("{region}", region, StringComparison.Ordinal),
            "regional_cred_verification_url of credential_source");
        return Uri.EscapeDataString(Sign(keys.Pair!, address, region, audience));
    }

    private string Sign(AwsCredential keys, Uri address, string region, string audience)
    {
        string date = time.GetUtcNow().UtcDateTime.ToString(SigV4Signature.DateFormat, CultureInfo.InvariantCulture);
        var scope = new SigV4Scope(date[..8], region, "sts");
        List<(string Name, string Value)> headers = [("host", SigV4Signer.HostOf(address)), ("x-amz-date", date)];
        if (keys.SessionToken is { } token)
        {
            headers.Add(("x-amz-security-token", token));
        }

        headers.Add(("x-goog-cloud-target-resource", audience));
        (string, string)[] signed = [.. headers];
        string signature = SigV4Signature.Compute(
            keys.Secret, scope, date, "POST", address.AbsolutePath, SigV4Signature.CanonicalQuery(address.Query.TrimStart('?')) ?? "", signed,
            EmptyHash);
        headers.Add((
            "Authorization",
            $"{SigV4Signature.Algorithm} Credential={keys.AccessKeyId}/{scope}, SignedHeaders={SigV4Signature.SignedNames(signed)}, " +
                $"Signature={signature}"));
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("url", address.AbsoluteUri);
            json.WriteString("method", "POST");
            json.WriteStartArray("headers");
            foreach ((string name, string value) in headers)
            {
                json.WriteStartObject();
                json.WriteString("key", name);
                json.WriteString("value", value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}

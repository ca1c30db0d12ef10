using System.Net;
using System.Text;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>The AWS Security Token Service (API reference, 2011-06-15): gives temporary keys for a role.</summary>
internal sealed class StsCalls(AwsSettings settings, CredentialCalls calls, TimeProvider time)
{
    private const string ContentType = "application/x-www-form-urlencoded";

    /// <summary>Assumes a role with the keys of <paramref name="signer"/>.</summary>
    public ValueTask<MintedCredential> AssumeAsync(RoleRequest role, AwsCredential signer, CancellationToken cancellation)
    {
        List<(string, string)> form = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role.Arn),
            ("RoleSessionName", role.SessionName)];
        if (role.DurationSecs is { } seconds)
        {
            form.Add(("DurationSeconds", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        if (role.ExternalId is { } external)
        {
            form.Add(("ExternalId", external));
        }

        int number = 0;
        foreach ((string key, string value) in role.Tags)
        {
            number++;
            form.Add(($"Tags.member.{number}.Key", key));
            form.Add(($"Tags.member.{number}.Value", value));
        }

        return SendAsync(role, form, signer, cancellation);
    }

    /// <summary>Assumes a role with the token of another issuer.</summary>
    public ValueTask<MintedCredential> AssumeAsync(RoleRequest role, string token, CancellationToken cancellation)
    {
        List<(string, string)> form =
        [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role.Arn), ("RoleSessionName", role.SessionName),
            ("WebIdentityToken", token),
        ];
        if (role.DurationSecs is { } seconds)
        {
            form.Add(("DurationSeconds", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        return SendAsync(role, form, null, cancellation);
    }

    private async ValueTask<MintedCredential> SendAsync(RoleRequest role, List<(string Name, string Value)> form, AwsCredential? signer,
        CancellationToken cancellation)
    {
        string? region = role.Region ?? settings.Region();
        bool isGlobal = region is null || settings.Variable("AWS_STS_REGIONAL_ENDPOINTS") == "legacy" && region is "us-east-1" or "aws-global";
        Uri address = settings.Endpoint("sts", "STS", isGlobal ? null : region);
        byte[] body = Encoding.UTF8.GetBytes(string.Join('&', form.Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value)}")));
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        if (signer is not null)
        {
            SigV4Headers signed = SigV4Signer.Sign(
                signer, "sts", isGlobal ? "us-east-1" : region!, SigV4Signer.HostOf(address), address.AbsolutePath, ContentType, time.GetUtcNow(),
                body);
            request.Headers.TryAddWithoutValidation("Authorization", signed.Authorization);
            request.Headers.TryAddWithoutValidation("x-amz-date", signed.Date);
            request.Headers.TryAddWithoutValidation("x-amz-content-sha256", signed.ContentSha256);
            if (signed.SecurityToken is { } token)
            {
                request.Headers.TryAddWithoutValidation("x-amz-security-token", token);
            }
        }

        string what = $"the role {role.Arn} cannot be assumed";
        CredentialReply reply = await calls.CallAsync(what, request, cancellation).ConfigureAwait(false);
        if (!reply.IsSuccess)
        {
            throw reply.Refused(what);
        }

        string text = reply.Text;
        AwsCredential pair = AwsCredential.Of(Element(text, "AccessKeyId"), Element(text, "SecretAccessKey"), Element(text, "SessionToken"))
            ?? throw new IdentityException($"{what}: the answer of the token service holds no credentials");
        return new MintedCredential($"role {role.Arn}", null, pair, reply.Moment(Element(text, "Expiration")));
    }

    // The answer is XML of one form, in which each of these names stands once.
    private static string? Element(string xml, string name)
    {
        int begin = xml.IndexOf($"<{name}>", StringComparison.Ordinal) + name.Length + 2;
        int end = begin < name.Length + 2 ? -1 : xml.IndexOf($"</{name}>", begin, StringComparison.Ordinal);
        return end < 0 ? null : WebUtility.HtmlDecode(xml[begin..end].Trim());
    }
}

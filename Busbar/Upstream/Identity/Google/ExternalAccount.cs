using System.Text;
using System.Text.Json;

namespace Busbar.Upstream.Identity.Google;

/// <summary>
/// Workload identity federation (google.aip.dev/auth/4117): the token of another issuer, from a file, an address or AWS, is exchanged at Google's
/// token service (RFC 8693), and that for the token of a service account where the file names one.
/// </summary>
internal sealed class ExternalAccount(CredentialCalls calls, AwsSubject aws, TimeProvider time)
{
    private const string Grant = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";
    private const string Exchange = "the external account's token cannot be exchanged";

    /// <summary>The token for what <paramref name="json"/> describes.</summary>
    public async ValueTask<MintedCredential> MintAsync(JsonElement json, string[] scopes, CancellationToken cancellation)
    {
        string? audience = CredentialReply.Find(json, "audience");
        string? type = CredentialReply.Find(json, "subject_token_type");
        if (string.IsNullOrEmpty(audience) || string.IsNullOrEmpty(type) || !json.TryGetProperty("credential_source", out JsonElement source)
            || source.ValueKind != JsonValueKind.Object)
        {
            throw new IdentityException("audience, subject_token_type or credential_source is missing in the credentials file");
        }

        string? account = CredentialReply.Find(json, "service_account_impersonation_url");
        string[] own = account is null ? scopes : [GoogleChain.DefaultScope];
        string subject = await SubjectAsync(source, audience, cancellation).ConfigureAwait(false);
        Uri address = TokenForm.Address(CredentialReply.Find(json, "token_url") ?? "https://sts.googleapis.com/v1/token",
            "token_url of the credentials file");
        List<(string, string)> form =
        [
            ("grant_type", Grant), ("audience", audience), ("scope", string.Join(' ', own)), ("requested_token_type", AccessToken),
            ("subject_token", subject), ("subject_token_type", type),
        ];
        if (CredentialReply.Find(json, "workforce_pool_user_project") is { Length: > 0 } project)
        {
            form.Add(("options", Uri.EscapeDataString($$"""{"userProject":"{{project}}"}""")));
        }

        HttpRequestMessage request = TokenForm.Request(address, form);
        if (CredentialReply.Find(json, "client_id") is { Length: > 0 } client)
        {
            string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{client}:{CredentialReply.Find(json, "client_secret")}"));
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + basic);
        }

        MintedCredential exchanged = TokenForm.Read(await calls.CallAsync(Exchange, request, cancellation).ConfigureAwait(false), "external account",
            Exchange, time);
        if (account is null)
        {
            return exchanged;
        }

        int? life = json.TryGetProperty("service_account_impersonation", out JsonElement options)
            && int.TryParse(CredentialReply.Find(options, "token_lifetime_seconds"), out int seconds) ? seconds : null;
        Uri target = TokenForm.Address(account, "service_account_impersonation_url of the credentials file");
        return await Impersonation.MintAsync(exchanged, target, scopes, life, calls, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<string> SubjectAsync(JsonElement source, string audience, CancellationToken cancellation)
    {
        if (CredentialReply.Find(source, "file") is { Length: > 0 } file)
        {
            return Subject(CredentialFile.Read(file, "the subject token"), source);
        }

        if (CredentialReply.Find(source, "environment_id") is { } environment)
        {
            return environment == "aws1"
                ? await aws.TokenAsync(source, audience, cancellation).ConfigureAwait(false)
                : throw new IdentityException("environment_id of the credentials file is not aws1");
        }

        if (CredentialReply.Find(source, "url") is not { Length: > 0 } url)
        {
            throw new IdentityException(
                "credential_source of the credentials file has neither file, url nor environment_id; programs are not run here");
        }

        const string Place = "the subject token's address";
        var request = new HttpRequestMessage(HttpMethod.Get, TokenForm.Address(url, "url of credential_source"));
        if (source.TryGetProperty("headers", out JsonElement headers) && headers.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty header in headers.EnumerateObject())
            {
                request.Headers.TryAddWithoutValidation(header.Name, header.Value.ToString());
            }
        }

        CredentialReply reply = request.RequestUri!.Scheme == Uri.UriSchemeHttps
            ? await calls.CallAsync(Place, request, cancellation).ConfigureAwait(false)
            : (await calls.AskAsync(Place, request, isCertain: true, cancellation).ConfigureAwait(false))!;
        return reply.IsSuccess ? Subject(reply.Text.Trim(), source) : throw reply.Refused();
    }

    // The text itself, or a member of a JSON object.
    private static string Subject(string text, JsonElement source)
    {
        string? subject = text;
        if (source.TryGetProperty("format", out JsonElement format) && CredentialReply.Find(format, "type") == "json")
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(text);
                subject = CredentialReply.Find(document.RootElement, CredentialReply.Find(format, "subject_token_field_name") ?? "");
            }
            catch (JsonException)
            {
                subject = null;
            }
        }

        return subject is { Length: > 0 } ? subject : throw new IdentityException("the subject token is not where credential_source says");
    }
}

using System.Security.Cryptography;
using System.Text.Json;

namespace Busbar.Upstream.Identity.Google;

/// <summary>
/// A file with credentials of Google, of whatever type it says: a service account, a person's refresh token, another issuer's identity, or an
/// impersonation by one of these.
/// </summary>
/// <param name="path">The file; null for none.</param>
/// <param name="isNamed">Whether somebody named it, so that it must be there.</param>
/// <param name="scopes">Scopes of the token.</param>
/// <param name="calls">Calls.</param>
/// <param name="aws">Proves the identity of AWS.</param>
/// <param name="time">Clock.</param>
internal sealed class CredentialsFileSource(Func<string?> path, bool isNamed, string[] scopes, CredentialCalls calls, AwsSubject aws,
    TimeProvider time) : ICredentialSource
{
    private const string GrantOfAssertion = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        if (path() is not { } file || (!isNamed && !File.Exists(file)))
        {
            return null;
        }

        return await MintAsync(CredentialFile.ReadJson(file, "the credentials file"), scopes, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<MintedCredential> MintAsync(JsonElement json, string[] wanted, CancellationToken cancellation)
        => CredentialReply.Find(json, "type") switch
    {
        "service_account" => await ServiceAccountAsync(json, wanted, cancellation).ConfigureAwait(false),
        "authorized_user" => await PersonAsync(json, cancellation).ConfigureAwait(false),
        "external_account" => await new ExternalAccount(calls, aws, time).MintAsync(json, wanted, cancellation).ConfigureAwait(false),
        "impersonated_service_account" => await ImpersonatedAsync(json, wanted, cancellation).ConfigureAwait(false),
        _ => throw new IdentityException(
            "the credentials file has another type than service_account, authorized_user, external_account or impersonated_service_account"),
    };

    // developers.google.com/identity/protocols/oauth2/service-account
    private async ValueTask<MintedCredential> ServiceAccountAsync(JsonElement json, string[] wanted, CancellationToken cancellation)
    {
        string email = Required(json, "client_email");
        Uri address = TokenForm.Address(CredentialReply.Find(json, "token_uri") ?? "https://oauth2.googleapis.com/token",
            "token_uri of the credentials file");
        string assertion;
        using (var key = RSA.Create())
        {
            try
            {
                key.ImportFromPem(Required(json, "private_key"));
            }
            catch (Exception exception) when (exception is ArgumentException or CryptographicException)
            {
                throw new IdentityException("private_key of the credentials file is not a private RSA key in PEM form");
            }

            DateTimeOffset now = time.GetUtcNow();
            (string, string)[] id = CredentialReply.Find(json, "private_key_id") is { Length: > 0 } name ? [("kid", name)] : [];
            assertion = SignedToken.Write(key, "RS256", id,
            [
                ("iss", email), ("scope", string.Join(' ', wanted)), ("aud", address.OriginalString),
                ("iat", now.ToUnixTimeSeconds()), ("exp", (now + Life).ToUnixTimeSeconds()),
            ]);
        }

        HttpRequestMessage request = TokenForm.Request(address, ("grant_type", GrantOfAssertion), ("assertion", assertion));
        string what = $"the service account {email} gets no token";
        return TokenForm.Read(await calls.CallAsync(what, request, cancellation).ConfigureAwait(false), $"service account {email}", what, time);
    }

    private async ValueTask<MintedCredential> PersonAsync(JsonElement json, CancellationToken cancellation)
    {
        const string What = "the refresh token of gcloud gives no access token";
        Uri address = TokenForm.Address(CredentialReply.Find(json, "token_uri") ?? "https://oauth2.googleapis.com/token",
            "token_uri of the credentials file");
        HttpRequestMessage request = TokenForm.Request(
            address,
            ("grant_type", "refresh_token"),
            ("client_id", Required(json, "client_id")),
            ("client_secret", Required(json, "client_secret")),
            ("refresh_token", Required(json, "refresh_token")));
        return TokenForm.Read(await calls.CallAsync(What, request, cancellation).ConfigureAwait(false), "gcloud's default credentials", What, time);
    }

    private async ValueTask<MintedCredential> ImpersonatedAsync(JsonElement json, string[] wanted, CancellationToken cancellation)
    {
        if (!json.TryGetProperty("source_credentials", out JsonElement source)
            || CredentialReply.Find(source, "type") is "impersonated_service_account")
        {
            throw new IdentityException("source_credentials of the credentials file is missing, or is itself an impersonation");
        }

        Uri address = TokenForm.Address(CredentialReply.Find(json, "service_account_impersonation_url"),
            "service_account_impersonation_url of the credentials file");
        MintedCredential own = await MintAsync(source, [GoogleChain.DefaultScope], cancellation).ConfigureAwait(false);
        return await Impersonation.MintAsync(own, address, wanted, null, calls, cancellation).ConfigureAwait(false);
    }

    private static string Required(JsonElement json, string name) =>
        CredentialReply.Find(json, name) is { Length: > 0 } value ? value : throw new IdentityException($"{name} is missing in the credentials file");
}

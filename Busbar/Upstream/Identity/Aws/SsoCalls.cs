using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Busbar.Upstream.Credentials;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>
/// IAM Identity Center: keys for a role of the person who ran <c>aws sso login</c>. The session is that of the command line's cache; one that has
/// ended is renewed where its refresh token allows it, and written back for the other tools.
/// </summary>
internal sealed class SsoCalls(AwsSettings settings, CredentialCalls calls, TimeProvider time)
{
    /// <summary>Keys for the account and role of <paramref name="profile"/>.</summary>
    public async ValueTask<MintedCredential> MintAsync(string name, Dictionary<string, string> profile, AwsProfiles profiles,
        CancellationToken cancellation)
    {
        string? session = profile.GetValueOrDefault("sso_session");
        Dictionary<string, string> login = session is null ? profile
            : profiles.Session(session) ?? throw new IdentityException($"profile {name}: there is no sso-session {session}");
        string Setting(Dictionary<string, string> place, string key) =>
            place.GetValueOrDefault(key) is { Length: > 0 } value ? value : throw new IdentityException($"profile {name}: {key} is missing");

        string region = Setting(login, "sso_region");
        string token = await TokenAsync(session ?? Setting(login, "sso_start_url"), region, cancellation).ConfigureAwait(false);
        string account = Setting(profile, "sso_account_id");
        string role = Setting(profile, "sso_role_name");
        var address = new Uri(
            settings.Endpoint("portal.sso", "SSO", region),
            $"federation/credentials?role_name={Uri.EscapeDataString(role)}&account_id={Uri.EscapeDataString(account)}");
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("x-amz-sso_bearer_token", token);
        CredentialReply reply = await calls.CallAsync($"profile {name}: IAM Identity Center", request, cancellation).ConfigureAwait(false);
        if (!reply.IsSuccess)
        {
            throw reply.Refused($"profile {name}: the role {role} of the account {account} is refused");
        }

        JsonElement keys = reply.Json().TryGetProperty("roleCredentials", out JsonElement found) ? found : default;
        AwsCredential pair = AwsCredential.Of(CredentialReply.Find(keys, "accessKeyId"), CredentialReply.Find(keys, "secretAccessKey"),
            CredentialReply.Find(keys, "sessionToken"))
            ?? throw new IdentityException($"profile {name}: the answer of IAM Identity Center holds no credentials");
        return new MintedCredential($"profile {name}, SSO role {role}", null, pair, time.GetUtcNow() + Left(reply, keys));
    }

    private TimeSpan Left(CredentialReply reply, JsonElement keys) =>
        double.TryParse(CredentialReply.Find(keys, "expiration"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out double milliseconds) && milliseconds is > 0 and < 1e14
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds) - time.GetUtcNow()
            : reply.Moment(null) - time.GetUtcNow();

    private async ValueTask<string> TokenAsync(string login, string region, CancellationToken cancellation)
    {
        string file = Path.Combine(
            settings.InHome(".aws/sso/cache") ?? throw new IdentityException("the variable HOME is not set, so that the SSO cache is not known"),
            Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(login))) + ".json");
        JsonElement cache = CredentialFile.ReadJson(file, "the SSO session (run aws sso login)");
        string? token = CredentialReply.Find(cache, "accessToken");
        bool lasts = Moment(cache, "expiresAt") is { } end && end - time.GetUtcNow() > TimeSpan.FromMinutes(1);
        if (token is { Length: > 0 } && lasts)
        {
            return token;
        }

        return CredentialReply.Find(cache, "refreshToken") is { Length: > 0 } refresh && Moment(cache, "registrationExpiresAt") > time.GetUtcNow()
            ? await RenewAsync(file, cache, refresh, region, cancellation).ConfigureAwait(false)
            : throw new IdentityException("the SSO session has ended; run aws sso login");
    }

    private async ValueTask<string> RenewAsync(string file, JsonElement cache, string refresh, string region, CancellationToken cancellation)
    {
        byte[] body = Write(json =>
        {
            json.WriteString("clientId", CredentialReply.Find(cache, "clientId"));
            json.WriteString("clientSecret", CredentialReply.Find(cache, "clientSecret"));
            json.WriteString("grantType", "refresh_token");
            json.WriteString("refreshToken", refresh);
        });
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(settings.Endpoint("oidc", "SSO_OIDC", region), "token")) { Content =
            new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        CredentialReply reply = await calls.CallAsync("the SSO session cannot be renewed", request, cancellation).ConfigureAwait(false);
        if (!reply.IsSuccess)
        {
            throw reply.Refused("the SSO session cannot be renewed; run aws sso login");
        }

        JsonElement answer = reply.Json();
        string token = reply.Required(answer, "accessToken");
        DateTimeOffset end = time.GetUtcNow() + reply.Seconds(answer, "expiresIn");
        Keep(file, Write(json =>
        {
            foreach (JsonProperty property in cache.EnumerateObject()
                .Where(property => property.Name is not ("accessToken" or "expiresAt" or "refreshToken")))
            {
                property.WriteTo(json);
            }

            json.WriteString("accessToken", token);
            json.WriteString("expiresAt", end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteString("refreshToken", CredentialReply.Find(answer, "refreshToken") ?? refresh);
        }));
        return token;
    }

    // A refresh token serves once: the next one must outlive this process. Where the file cannot be written the session lasts until it ends.
    private static void Keep(string file, byte[] content)
    {
        string next = file + ".busbar";
        try
        {
            using (var output = new FileStream(next, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                output.Write(content);
            }

            File.Move(next, file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Said above.
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static DateTimeOffset? Moment(JsonElement json, string name) =>
        DateTimeOffset.TryParse(CredentialReply.Find(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out DateTimeOffset moment) ? moment : null;
}

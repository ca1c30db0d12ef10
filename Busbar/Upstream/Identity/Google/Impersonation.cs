using System.Text.Json;

namespace Busbar.Upstream.Identity.Google;

/// <summary>
/// Tokens of a service account for somebody who may stand in for it (IAM Service Account Credentials API, <c>generateAccessToken</c>).
/// </summary>
internal static class Impersonation
{
    /// <summary>The address of <paramref name="account"/>.</summary>
    public static Uri Address(string account) =>
        new($"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{Uri.EscapeDataString(account)}:generateAccessToken");

    /// <summary>Obtains one.</summary>
    /// <param name="own">Proves who asks.</param>
    /// <param name="address">The account's address.</param>
    /// <param name="scopes">Scopes of the token.</param>
    /// <param name="seconds">How long it lasts; null for the service's default.</param>
    /// <param name="calls">Calls.</param>
    /// <param name="cancellation">Ends the call.</param>
    public static async ValueTask<MintedCredential> MintAsync(
        MintedCredential own, Uri address, string[] scopes, int? seconds, CredentialCalls calls, CancellationToken cancellation)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("scope");
            foreach (string scope in scopes)
            {
                json.WriteStringValue(scope);
            }

            json.WriteEndArray();
            if (seconds is { } life)
            {
                json.WriteString("lifetime", $"{life}s");
            }

            json.WriteEndObject();
        }

        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(stream.ToArray()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("Authorization", own.Authorization);
        string account = Uri.UnescapeDataString(address.Segments[^1]).Split(':')[0];
        string what = $"the service account {account} cannot be impersonated";
        CredentialReply reply = await calls.CallAsync(what, request, cancellation).ConfigureAwait(false);
        if (!reply.IsSuccess)
        {
            throw reply.Refused(what);
        }

        JsonElement answer = reply.Json();
        return new MintedCredential($"service account {account} by {own.Source}", reply.Required(answer, "accessToken"), null,
            reply.Moment(CredentialReply.Find(answer, "expireTime")));
    }
}

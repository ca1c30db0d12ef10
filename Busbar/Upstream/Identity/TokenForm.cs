using System.Text.Json;

namespace Busbar.Upstream.Identity;

/// <summary>A form that is posted to a token endpoint of OAuth 2.0 (RFC 6749).</summary>
internal static class TokenForm
{
    /// <summary>The request.</summary>
    public static HttpRequestMessage Request(Uri address, params IEnumerable<(string Name, string Value)> fields) => new(HttpMethod.Post, address)
    {
        Content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
    };

    /// <summary>The access token in the answer to <paramref name="what"/>. Throws <see cref="IdentityException"/> when there is none.</summary>
    public static MintedCredential Read(CredentialReply reply, string source, string what, TimeProvider time)
    {
        if (!reply.IsSuccess)
        {
            throw reply.Refused(what);
        }

        JsonElement json = reply.Json();
        return new MintedCredential(source, reply.Required(json, "access_token"), null, time.GetUtcNow() + reply.Seconds(json, "expires_in"));
    }

    /// <summary>An address in a credential file or a variable. Throws <see cref="IdentityException"/> when it is none.</summary>
    public static Uri Address(string? text, string what) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            && address.UserInfo.Length == 0
            ? address
            : throw new IdentityException($"{what} is not an address");
}

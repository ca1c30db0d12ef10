using System.Text.Json;
using Busbar.Configuration;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Identity.Azure;

/// <summary>What the sources of Azure have in common: settings of the identity, else of the environment.</summary>
internal sealed class AzureSettings(IdentityConfig identity, IEnvironment environment)
{
    /// <summary>The identity.</summary>
    public IdentityConfig Identity => identity;

    /// <summary>The directory; null when nothing names it.</summary>
    public string? TenantId => identity.TenantId ?? Variable("AZURE_TENANT_ID");

    /// <summary>The application; null when nothing names it.</summary>
    public string? ClientId => identity.ClientId ?? Variable("AZURE_CLIENT_ID");

    /// <summary>The scope of the token.</summary>
    public string Scope => identity.Scopes[0];

    /// <summary>The scope in the form of the first version of the protocol.</summary>
    public string Resource => Scope.EndsWith("/.default", StringComparison.Ordinal) ? Scope[..^"/.default".Length] : Scope;

    /// <summary>A variable; null where it is not set or empty.</summary>
    public string? Variable(string name) => environment.Get(name) is { Length: > 0 } value ? value : null;

    /// <summary>The address that gives tokens for applications of <paramref name="tenant"/>.</summary>
    public Uri TokenAddress(string tenant)
    {
        string authority = Variable("AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com/";
        authority = authority.Contains("://", StringComparison.Ordinal) ? authority : "https://" + authority;
        return TokenForm.Address($"{authority.TrimEnd('/')}/{Uri.EscapeDataString(tenant)}/oauth2/v2.0/token", "the variable AZURE_AUTHORITY_HOST");
    }

    /// <summary>The token in the answer of a managed identity, which says its end in one of three ways.</summary>
    public static MintedCredential Read(CredentialReply reply, string source, string what, TimeProvider time)
    {
        if (!reply.IsSuccess)
        {
            throw reply.Refused(what);
        }

        JsonElement json = reply.Json();
        string token = reply.Required(json, "access_token");
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end = CredentialReply.Find(json, "expires_on") is not { Length: > 0 } text ? now + reply.Seconds(json, "expires_in")
            : long.TryParse(text, out long seconds) && seconds is > 0 and < 100_000_000_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : reply.Moment(text);
        return new MintedCredential(source, token, null, end);
    }
}

using Busbar.Configuration;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Identity.Google;

/// <summary>
/// Application Default Credentials (cloud.google.com/docs/authentication/application-default-credentials), in their order: the file that
/// <c>GOOGLE_APPLICATION_CREDENTIALS</c> names, the file that <c>gcloud auth application-default login</c> leaves, the metadata service.
/// </summary>
internal static class GoogleChain
{
    /// <summary>What Vertex AI asks for.</summary>
    public const string DefaultScope = "https://www.googleapis.com/auth/cloud-platform";

    private const string Nothing =
        "no Google credentials: neither GOOGLE_APPLICATION_CREDENTIALS, gcloud's file of default credentials nor the metadata service gives any";

    /// <summary>Where the credentials of <paramref name="identity"/> come from.</summary>
    public static ICredentialSource Of(IdentityConfig identity, CredentialCalls calls, IEnvironment environment, TimeProvider time)
    {
        string[] scopes = identity.Scopes.Count > 0 ? [.. identity.Scopes] : [DefaultScope];

        // Whoever stands in for another needs no more than the right to do that.
        string[] own = identity.Impersonate is null ? scopes : [DefaultScope];
        var aws = new AwsSubject(calls, environment, time);
        CredentialsFileSource File(Func<string?> path, bool isNamed) => new(path, isNamed, own, calls, aws, time);
        ICredentialSource chain = identity.CredentialsFile is { } file
            ? File(() => file, isNamed: true)
            : new SourceChain(
                Nothing,
                File(() => environment.Get("GOOGLE_APPLICATION_CREDENTIALS") is { Length: > 0 } named ? named : null, isNamed: true),
                File(() => WellKnown(environment), isNamed: false),
                new MetadataSource(own, calls, environment, time));
        return identity.Impersonate is { } account ? new ImpersonatedSource(chain, Impersonation.Address(account), scopes, calls) : chain;
    }

    private static string? WellKnown(IEnvironment environment) =>
        environment.Get("CLOUDSDK_CONFIG") is { Length: > 0 } directory ? Path.Combine(directory, "application_default_credentials.json")
        : environment.Get("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config/gcloud/application_default_credentials.json")
        : null;
}

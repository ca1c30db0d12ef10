using Busbar.Configuration;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Identity.Azure;

/// <summary>
/// The default chain of Azure's SDK without the tools of developers, in its order: environment, workload identity, managed identity. Where the
/// identity says what the application proves itself with, that alone is asked.
/// </summary>
internal static class AzureChain
{
    private const string Nothing = "no Azure credentials: neither variables, a workload identity nor a managed identity gives any";

    /// <summary>Where the credentials of <paramref name="identity"/> come from.</summary>
    public static ICredentialSource Of(IdentityConfig identity, CredentialCalls calls, IEnvironment environment, TimeProvider time)
    {
        var settings = new AzureSettings(identity, environment);
        var application = new ApplicationSource(settings, calls, time);
        var workload = new WorkloadSource(settings, calls, time);
        var managed = new ManagedSource(settings, calls, time);
        return identity switch
        {
            { ClientSecretEnv: not null } or { CertificateFile: not null } => application,
            { TokenFile: not null } => workload,
            _ => new SourceChain(Nothing, application, workload, managed),
        };
    }
}

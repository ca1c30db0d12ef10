using Busbar.Configuration;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>
/// The default chain of the vendor's SDK for JavaScript, in its order: environment, shared profile with SSO, web identity token, container, instance.
/// A role of the identity is assumed with what the chain gives.
/// </summary>
internal static class AwsChain
{
    private const string Nothing =
        "no AWS credentials: neither variables, a profile, a web identity token, a container's endpoint nor the metadata service of an instance " +
            "gives any";

    /// <summary>Where the credentials of <paramref name="identity"/> come from.</summary>
    public static ICredentialSource Of(IdentityConfig identity, CredentialCalls calls, IEnvironment environment, TimeProvider time)
    {
        var settings = new AwsSettings(identity, environment);
        var tokens = new StsCalls(settings, calls, time);
        var container = new ContainerSource(settings, calls);
        var instance = new InstanceSource(settings, calls);
        var variables = new VariablesSource(settings);
        var profile = new ProfileSource(settings, tokens, new SsoCalls(settings, calls, time), variables, container, instance);
        var web = new WebIdentitySource(settings, tokens);
        ICredentialSource[] sources = settings.ChosenProfile is null ? [variables, profile, web, container, instance]
            : [profile, web, container, instance];
        var chain = new SourceChain(Nothing, sources);

        // With a token of its own a role needs no other credential.
        bool isWeb = identity.TokenFile is not null || (settings.Variable("AWS_WEB_IDENTITY_TOKEN_FILE") is not null
            && settings.Variable("AWS_ROLE_ARN") is null);
        return identity.RoleArn is not { } role ? chain : isWeb ? new WebIdentitySource(settings, tokens, role)
            : new RoleSource(settings, role, chain, tokens);
    }
}

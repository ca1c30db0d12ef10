using Busbar.Configuration;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>What the sources of AWS have in common: settings of the identity, else of the environment, else of the shared files.</summary>
internal sealed class AwsSettings(IdentityConfig identity, IEnvironment environment)
{
    /// <summary>The identity.</summary>
    public IdentityConfig Identity => identity;

    /// <summary>A variable; null where it is not set or empty.</summary>
    public string? Variable(string name) => environment.Get(name) is { Length: > 0 } value ? value : null;

    /// <summary>The profile that somebody chose; null for nobody.</summary>
    public string? ChosenProfile => identity.Profile ?? Variable("AWS_PROFILE");

    /// <summary>The shared files as they are now.</summary>
    public AwsProfiles Profiles() => AwsProfiles.Read(
        Variable("AWS_CONFIG_FILE") ?? InHome(".aws/config"), Variable("AWS_SHARED_CREDENTIALS_FILE") ?? InHome(".aws/credentials"));

    /// <summary>A file below the home directory; null where there is none.</summary>
    public string? InHome(string path) => Variable("HOME") is { } home ? Path.Combine(home, path) : null;

    /// <summary>The region of the token service; null when nothing names one.</summary>
    public string? Region() => identity.Region ?? Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION")
        ?? Profiles().Profile(ChosenProfile ?? "default")?.GetValueOrDefault("region");

    /// <summary>Name of a session that has no better one.</summary>
    public string SessionName => identity.SessionName ?? Variable("AWS_ROLE_SESSION_NAME") ?? "busbar";

    /// <summary>
    /// The address of a service: that of the variables for it or for all, else the region's. FIPS, dual stack, China and the closed partitions have
    /// their own.
    /// </summary>
    public Uri Endpoint(string service, string variable, string? region)
    {
        bool ignores = IsOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        if (!ignores && (Variable("AWS_ENDPOINT_URL_" + variable) ?? Variable("AWS_ENDPOINT_URL")) is { } own)
        {
            return Uri.TryCreate(own, UriKind.Absolute, out Uri? address)
                && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
                ? address
                : throw new IdentityException($"the variable AWS_ENDPOINT_URL_{variable} is not an address");
        }

        if (region is null)
        {
            return service == "sts" ? new Uri("https://sts.amazonaws.com/") : throw new IdentityException($"no region is known for {service}");
        }

        string fips = IsOn("AWS_USE_FIPS_ENDPOINT") ? "-fips" : "";
        bool isDual = IsOn("AWS_USE_DUALSTACK_ENDPOINT");
        return new Uri($"https://{service}{fips}.{region}.{Suffix(region, isDual)}/");
    }

    private bool IsOn(string variable) => string.Equals(Variable(variable), "true", StringComparison.OrdinalIgnoreCase);

    private static string Suffix(string region, bool isDual) => region switch
    {
        _ when region.StartsWith("cn-", StringComparison.Ordinal) => isDual ? "api.amazonwebservices.com.cn" : "amazonaws.com.cn",
        _ when region.StartsWith("us-iso-", StringComparison.Ordinal) => "c2s.ic.gov",
        _ when region.StartsWith("us-isob-", StringComparison.Ordinal) => "sc2s.sgov.gov",
        _ when region.StartsWith("us-isof-", StringComparison.Ordinal) => "csp.hci.ic.gov",
        _ when region.StartsWith("eu-isoe-", StringComparison.Ordinal) => "cloud.adc-e.uk",
        _ when region.StartsWith("eusc-", StringComparison.Ordinal) => "amazonaws.eu",
        _ => isDual ? "api.aws" : "amazonaws.com",
    };
}

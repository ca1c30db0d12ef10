using Busbar.Configuration;

namespace Busbar.Upstream.Identity.Google;

/// <summary>
/// The service account of a machine, a container or a cluster's workload, by the metadata service (cloud.google.com/compute/docs/metadata).
/// </summary>
internal sealed class MetadataSource(string[] scopes, CredentialCalls calls, IEnvironment environment, TimeProvider time) : ICredentialSource
{
    private const string Place = "Google's metadata service";

    private bool _wasThere;

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        if (string.Equals(environment.Get("NO_GCE_CHECK"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string? named = environment.Get("GCE_METADATA_HOST") ?? environment.Get("GCE_METADATA_IP");

        // The address and not metadata.google.internal, since resolvers elsewhere take long to say that there is no such name.
        string host = named is { Length: > 0 } ? named : "169.254.169.254";
        string list = string.Join(',', scopes.Select(Uri.EscapeDataString));
        Uri address = TokenForm.Address(
            $"http://{host}/computeMetadata/v1/instance/service-accounts/default/" +
                $"token{(scopes is [GoogleChain.DefaultScope] ? "" : $"?scopes={list}")}", "GCE_METADATA_HOST");
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Metadata-Flavor", "Google");
        if (await calls.AskAsync(Place, request, _wasThere, cancellation).ConfigureAwait(false) is not { } reply)
        {
            return null;
        }

        if (!reply.Headers.TryGetValues("Metadata-Flavor", out IEnumerable<string>? flavor) || !flavor.Contains("Google"))
        {
            // Something else lives there, such as another cloud's service.
            return named is { Length: > 0 } ? throw new IdentityException($"{Place}: what answers at {host} is another service") : null;
        }

        MintedCredential credential = TokenForm.Read(reply, "Google's metadata service", $"{Place} gives no token", time);
        _wasThere = true;
        return credential;
    }
}

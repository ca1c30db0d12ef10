using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Upstream.Identity.Aws;
using Busbar.Upstream.Identity.Azure;
using Busbar.Upstream.Identity.Google;

namespace Busbar.Upstream.Identity;

/// <summary>
/// The identities of the configuration in force. One that a reload leaves as it is keeps its credential; providers that name the same one share it.
/// </summary>
/// <param name="environment">Variables that say where credentials come from.</param>
/// <param name="events">Told what becomes of them.</param>
/// <param name="time">Clock.</param>
internal sealed class Identities(IEnvironment environment, IIdentityEvents events, TimeProvider time) : IDisposable
{
    private Dictionary<string, CloudIdentity> _all = [];

    /// <summary>All of them, in the order of the configuration.</summary>
    public IReadOnlyList<CloudIdentity> All { get; private set; } = [];

    /// <summary>The identity of <paramref name="provider"/>; null where it has a key, or none of both.</summary>
    public CloudIdentity? Of(ProviderConfig provider) => provider.Identity is { } identity ? _all.GetValueOrDefault(identity.Key) : null;

    /// <summary>Takes over what <paramref name="config"/> names, and begins to obtain what is missing.</summary>
    public void Apply(GatewayConfig config)
    {
        Dictionary<string, CloudIdentity> next = [];
        List<CloudIdentity> order = [];
        foreach (IGrouping<string, ProviderConfig> users in config.Providers.Values.Where(provider => provider.Identity is not null)
            .GroupBy(provider => provider.Identity!.Key))
        {
            IdentityConfig identity = users.First().Identity!;
            CloudIdentity kept = _all.GetValueOrDefault(users.Key)
                ?? new CloudIdentity(identity, SourceOf(identity), events, time, Random.Shared.NextDouble);
            kept.Providers = [.. users.Select(provider => provider.Name)];
            next.Add(users.Key, kept);
            order.Add(kept);
        }

        foreach ((string key, CloudIdentity former) in _all)
        {
            if (!next.ContainsKey(key))
            {
                former.Dispose();
            }
        }

        (_all, All) = (next, order);
        foreach (CloudIdentity identity in order.Where(identity => identity.Current is null || identity.Failure is not null))
        {
            identity.Refresh();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CloudIdentity identity in All)
        {
            identity.Dispose();
        }
    }

    private ICredentialSource SourceOf(IdentityConfig identity)
    {
        var calls = new CredentialCalls(identity, environment);
        return identity.Kind switch
        {
            IdentityKind.Aws => AwsChain.Of(identity, calls, environment, time),
            IdentityKind.Google => GoogleChain.Of(identity, calls, environment, time),
            _ => AzureChain.Of(identity, calls, environment, time),
        };
    }
}

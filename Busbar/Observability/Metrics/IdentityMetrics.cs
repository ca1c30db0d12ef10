using System.Diagnostics.Metrics;
using Busbar.Upstream.Identity;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Metrics;

/// <summary>Counts and logs what becomes of the gateway's own identities.</summary>
internal sealed partial class IdentityMetrics(Metrics metrics, ILogger logger) : IIdentityEvents
{
    /// <summary>When credentials end: 0 where there is none, nothing where one never ends.</summary>
    public static Figure Ends(IEnumerable<CloudIdentity> identities) => new(
        "busbar_identity_expiry_timestamp_seconds",
        "When the credential of the gateway's own identity at a provider ends, Unix seconds; 0 when there is none, absent when it never ends.",
        IsTotal: false,
        [
            .. from identity in identities
               let current = identity.Current
               where current is null or { Expires: not null }
               from provider in identity.Providers
               select new Measurement<double>(current?.Expires?.ToUnixTimeSeconds() ?? 0, new KeyValuePair<string, object?>("provider", provider)),
        ]);

    /// <inheritdoc/>
    public void Minted(CloudIdentity identity, MintedCredential credential)
    {
        foreach (string provider in identity.Providers)
        {
            metrics.Credentials.Get(provider, "ok").Add();
        }

        Minted(logger, string.Join(", ", identity.Providers), identity.Config.Word, credential.Source, credential.Expires);
    }

    /// <inheritdoc/>
    public void Failed(CloudIdentity identity, string reason, bool hasFormer)
    {
        foreach (string provider in identity.Providers)
        {
            metrics.Credentials.Get(provider, "failed").Add();
        }

        Failed(logger, string.Join(", ", identity.Providers), identity.Config.Word, reason, hasFormer ? "; the former one serves until it ends" : "");
    }

    [LoggerMessage(22, LogLevel.Information, "identity: provider={Provider} type={Type}: a credential from {Source}, valid until {Expires:O}")]
    private static partial void Minted(ILogger logger, string provider, string type, string source, DateTimeOffset? expires);

    [LoggerMessage(23, LogLevel.Warning, "identity: provider={Provider} type={Type}: no credential: {Reason}{Former}")]
    private static partial void Failed(ILogger logger, string provider, string type, string reason, string former);
}

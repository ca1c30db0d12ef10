using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Tls;

/// <summary>The certificate authorities of the machine, whom calls over TLS trust unless the configuration names others.</summary>
internal static class MachineAuthorities
{
    /// <summary>Whether some provider of <paramref name="config"/> is called over TLS.</summary>
    public static bool MayBeAsked(GatewayConfig config) => config.Providers.Values.Any(IsOverTls);

    /// <summary>Whether some provider of <paramref name="config"/> is called over TLS and vouched for by nobody else.</summary>
    public static bool AreNeeded(GatewayConfig config) =>
        config.Providers.Values.Any(provider => IsOverTls(provider) && provider.Tls is not { Authorities.Count: > 0 });

    /// <summary>
    /// Reads them and returns how many there are. The platform keeps them, and what else it verifies with, for later calls, none of which then opens
    /// files for it: the first would do so while its client waits, and where no descriptor is left it would fail as if the provider could not be
    /// trusted.
    /// </summary>
    public static int Read()
    {
        try
        {
            using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
            X509Certificate2Collection all = store.Certificates;
            if (all.Count > 0)
            {
                using var chain = new X509Chain();
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                chain.ChainPolicy.DisableCertificateDownloads = true;
                chain.Build(all[0]);
            }

            foreach (X509Certificate2 authority in all)
            {
                authority.Dispose();
            }

            return all.Count;
        }
        catch (CryptographicException)
        {
            return 0;
        }
    }

    private static bool IsOverTls(ProviderConfig provider) => provider.BaseUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
}

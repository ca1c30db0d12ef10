using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Upstream.Tls;

/// <summary>Makes what a call agrees on with a server: whom to trust, what to show, which name to ask for.</summary>
internal static class TlsNegotiation
{
    /// <summary>
    /// The options for calls of <paramref name="host"/>. Sessions are resumed by default, except with an IP address in place of a name, by which the
    /// platform keeps none.
    /// </summary>
    /// <param name="host">Host of the address.</param>
    /// <param name="tls">What the configuration says; null for the machine's authorities and no certificate.</param>
    /// <param name="protocols">The protocols to offer, the preferred one first.</param>
    public static SslClientAuthenticationOptions With(string host, ClientTls? tls, params List<SslApplicationProtocol> protocols)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = tls?.ServerName ?? host, ApplicationProtocols = protocols };
        if (tls is { Authorities.Count: > 0 })
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode =
                X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(tls.Authorities);
        }

        if (tls?.Certificate is { } certificate)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, tls.Chain, offline: true);
        }

        return options;
    }
}

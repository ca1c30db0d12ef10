using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>A certificate of its own issue.</summary>
internal static class ServerCertificate
{
    /// <summary>
    /// For <c>127.0.0.1</c> and <paramref name="name"/>, valid for the last ten days and until <paramref name="days"/> days from now.
    /// </summary>
    public static X509Certificate2 Create(string name = "provider.test", int days = 1)
    {
        using ECDsa pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, pair, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(days));
    }
}

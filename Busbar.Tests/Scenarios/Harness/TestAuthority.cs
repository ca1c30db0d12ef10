using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Busbar.Tests.Upstream.Http1;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>The one who vouches for the scripted providers: a certificate of its own issue for <c>127.0.0.1</c>.</summary>
internal static class TestAuthority
{
    /// <summary>The certificate, with its key.</summary>
    public static readonly X509Certificate2 Certificate = ServerCertificate.Create("scripted.test", days: 100);

    /// <summary>A file with the certificate, for <c>ca_file</c>.</summary>
    public static string File { get; } = Write();

    /// <summary>What a provider shows.</summary>
    public static SslServerAuthenticationOptions ServerOptions { get; } = new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, null, offline: true),
        ApplicationProtocols = [SslApplicationProtocol.Http11],
    };

    private static string Write()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("busbar-authority-").FullName, "ca.pem");
        System.IO.File.WriteAllText(file, Certificate.ExportCertificatePem());
        return file;
    }
}

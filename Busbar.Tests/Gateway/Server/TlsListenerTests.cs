using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Model;
using Busbar.Gateway.Server;
using Microsoft.AspNetCore.Connections;

namespace Busbar.Tests.Gateway.Server;

public sealed class TlsListenerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("busbar-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_client_that_says_nothing_is_not_waited_for_beyond_the_limit_of_a_handshake()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        var files = new TlsConfig { CertFile = Path.Combine(_folder, "cert.pem"), KeyFile = Path.Combine(_folder, "key.pem") };
        await File.WriteAllTextAsync(files.CertFile, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(files.KeyFile, key.ExportPkcs8PrivateKeyPem());
        var listener = new TlsListener(files) { HandshakeLimit = TimeSpan.FromMilliseconds(20) };
        var connection = new DefaultConnectionContext { Transport = new Silence() };
        bool isServed = false;

        await listener.Middleware(_ =>
        {
            isServed = true;
            return Task.CompletedTask;
        })(connection).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.False(isServed);
        Assert.Equal(TimeSpan.FromSeconds(10), new TlsListener(files).HandshakeLimit);
    }

    private sealed class Silence : IDuplexPipe
    {
        public PipeReader Input { get; } = new Pipe().Reader;

        public PipeWriter Output { get; } = new Pipe().Writer;
    }
}

using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;

namespace Busbar.Tests.Governance.Store.Postgres;

public sealed class PostgresTlsTests : IDisposable
{
    private readonly string _root = Path.GetTempFileName();
    private PostgresServer? _server;

    public void Dispose()
    {
        _server?.Dispose();
        File.Delete(_root);
    }

    [SkippableFact]
    public void A_connection_is_encrypted_and_the_server_is_who_it_should_be()
    {
        Serve();
        string Url(string host, string query) => $"postgres://owner@{host}:{_server!.Port}/postgres?{query}";

        PostgresStore.Open(PostgresServer.Config(Url("127.0.0.1", "sslmode=require")), TimeProvider.System).Dispose();
        PostgresStore.Open(PostgresServer.Config(Url("127.0.0.1", $"sslmode=verify-ca&sslrootcert={_root}")), TimeProvider.System).Dispose();
        if (Dns.GetHostAddresses("localhost").Any(address => address.Equals(IPAddress.Loopback)))
        {
            PostgresStore.Open(PostgresServer.Config(Url("localhost", $"sslmode=verify-full&sslrootcert={_root}")), TimeProvider.System).Dispose();
        }

        foreach (string query in (string[])["sslmode=verify-full", "sslmode=verify-ca", $"sslmode=verify-full&sslrootcert={_root}"])
        {
            Assert.Contains("no certificate that is accepted", Refusal(Url("127.0.0.1", query)));
        }

        Assert.Contains("refuses the user 'owner'", Refusal(Url("127.0.0.1", "sslmode=disable")));
    }

    private void Serve()
    {
        _ = PostgresServer.Shared;
        _server = new PostgresServer("-c ssl=on", data =>
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            File.WriteAllText(_root, certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(data, "server.crt"), certificate.ExportCertificatePem());
            string secret = Path.Combine(data, "server.key");
            File.WriteAllText(secret, key.ExportPkcs8PrivateKeyPem());
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            if (Environment.UserName == "root")
            {
                Process.Start("chown", ["postgres", secret]).WaitForExit();
            }
        });

        // Nobody in the clear.
        File.WriteAllText(Path.Combine(_server.Data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n");
        _server.Stop();
        _server.Start();
    }

    private static string Refusal(string url) =>
        Assert.Throws<StoreException>(() => PostgresStore.Open(PostgresServer.Config(url), TimeProvider.System, patience: TimeSpan.Zero).Dispose())
            .Message;
}

using System.Net;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>The listener's own certificate.</summary>
public sealed class CertificateScenarios : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-certificate-").FullName;
    private readonly int _port = GatewayProcess.FreePort();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_renewed_certificate_is_served_after_a_reload_and_a_broken_one_never()
    {
        Write("one", TimeSpan.FromDays(90));
        await using GatewayProcess gateway = GatewayProcess.Run([], Config(), new Dictionary<string, string> { ["KEY"] = "k" });
        await Eventually.HoldsAsync(async () => await ServedAsync() is "CN=one" ? null : "not yet");

        Write("two", TimeSpan.FromDays(90));
        gateway.Signal(PosixSignal.SIGHUP);
        await Eventually.HoldsAsync(async () => await ServedAsync() is "CN=two" ? null : "still the former");

        // Same names, contents that do not fit together: refused as a whole.
        string key = File.ReadAllText(Path.Combine(_directory, "key.pem"));
        Write("three", TimeSpan.FromDays(90));
        File.WriteAllText(Path.Combine(_directory, "key.pem"), key);
        gateway.Signal(PosixSignal.SIGHUP);
        await Eventually.TrueAsync(() => gateway.StandardError.Contains("configuration not reloaded", StringComparison.Ordinal), "refused");
        Assert.Contains("tls.key_file", gateway.StandardError);
        Assert.Equal("CN=two", await ServedAsync());
    }

    [Theory]
    [InlineData(-3, "expired on")]
    [InlineData(9, "expires on")]
    public async Task A_certificate_near_its_end_is_told_by_validate(int days, string words)
    {
        Write("one", TimeSpan.FromDays(days));
        await using GatewayProcess gateway = GatewayProcess.Run(["--validate"], Config(), new Dictionary<string, string> { ["KEY"] = "k" });

        Assert.Equal(0, await gateway.ExitedAsync());
        Assert.Contains("[warn] tls.cert_file", gateway.StandardError);
        Assert.Contains(words, gateway.StandardError);
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_refused_by_validate()
    {
        Write("one", TimeSpan.FromDays(90));
        string key = File.ReadAllText(Path.Combine(_directory, "key.pem"));
        Write("two", TimeSpan.FromDays(90));
        File.WriteAllText(Path.Combine(_directory, "key.pem"), key);
        await using GatewayProcess gateway = GatewayProcess.Run(["--validate"], Config(), new Dictionary<string, string> { ["KEY"] = "k" });

        Assert.Equal(1, await gateway.ExitedAsync());
        Assert.Contains("[error] tls.key_file", gateway.StandardError);
    }

    [Fact]
    public async Task A_chain_in_the_wrong_order_is_told_by_validate()
    {
        Write("one", TimeSpan.FromDays(90));
        string first = File.ReadAllText(Path.Combine(_directory, "cert.pem"));
        Write("two", TimeSpan.FromDays(90));
        File.AppendAllText(Path.Combine(_directory, "cert.pem"), "\n" + first);
        await using GatewayProcess gateway = GatewayProcess.Run(["--validate"], Config(), new Dictionary<string, string> { ["KEY"] = "k" });

        Assert.Equal(0, await gateway.ExitedAsync());
        Assert.Contains("did not issue certificate 1", gateway.StandardError);
    }

    private string Config() => $$"""
        listen: 127.0.0.1:{{_port}}
        tls: { cert_file: "{{_directory}}/cert.pem", key_file: "{{_directory}}/key.pem" }
        auth: { mode: token, client_tokens: [{{Scene.Token}}] }
        providers: { openai: { api_key_env: KEY } }
        models: { m: { provider: openai, max_concurrent: 1 } }

        """;

    private async Task<string?> ServedAsync()
    {
        string? subject = null;
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback =
                (_, certificate, _, _) => (subject = certificate?.Subject) is not null },
        };
        using var client = new HttpClient(handler);
        try
        {
            using HttpResponseMessage response = await client.GetAsync($"https://127.0.0.1:{_port}/livez");
            return response.StatusCode == HttpStatusCode.OK ? subject : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private void Write(string name, TimeSpan left)
    {
        using ECDsa pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", pair, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow + left);
        File.WriteAllText(Path.Combine(_directory, "cert.pem"), made.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "key.pem"), pair.ExportPkcs8PrivateKeyPem());
    }
}

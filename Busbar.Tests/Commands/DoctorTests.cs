using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Busbar.Commands.Doctor;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Commands;

public sealed class DoctorTests : IDisposable
{
    private const string Key = "sk-the-key-of-this-test";

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-doctor-").FullName;
    private readonly StringWriter _output = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_provider_that_takes_the_key_is_well_and_nothing_is_told_of_the_key()
    {
        using var server = new Answering(TimeSpan.Zero);

        Assert.Equal(0, await RunAsync(server.Address, Key));
        Assert.Contains($"ok    providers.here: {server.Authority} answers", _output.ToString());
        Assert.Contains("it accepts the key", _output.ToString());
        Assert.Contains("ok    clock: it agrees", _output.ToString());
        Assert.DoesNotContain(Key, _output.ToString());
    }

    [Fact]
    public async Task A_key_that_is_refused_is_told_with_the_remedy()
    {
        using var server = new Answering(TimeSpan.Zero);

        Assert.Equal(1, await RunAsync(server.Address, "sk-another"));
        Assert.Contains("fail  providers.here", _output.ToString());
        Assert.Contains("it refuses the key (401): put in a valid one", _output.ToString());
        Assert.DoesNotContain("sk-another", _output.ToString());
    }

    [Fact]
    public async Task A_clock_that_is_wrong_is_bad()
    {
        using var server = new Answering(TimeSpan.FromMinutes(10));

        Assert.Equal(1, await RunAsync(server.Address, Key));
        Assert.Matches("fail  clock: it is (599|600|601) s behind", _output.ToString());
    }

    [Theory]
    [InlineData("https://no-such-host.invalid", "the name no-such-host.invalid does not resolve")]
    [InlineData("http://127.0.0.1:1", "no connection with 127.0.0.1:1 (ConnectionRefused)")]
    public async Task A_provider_that_cannot_be_reached_is_told_with_the_reason(string address, string says)
    {
        Assert.Equal(1, await RunAsync(address, Key));
        Assert.Contains(says, _output.ToString());
    }

    [Fact]
    public async Task A_key_that_is_not_set_is_bad()
    {
        using var server = new Answering(TimeSpan.Zero);

        Assert.Equal(1, await RunAsync(server.Address, ""));
        Assert.Contains("fail  providers.here: a variable of api_key_env (HERE_KEY) is not set", _output.ToString());
    }

    [Theory]
    [InlineData(-1, "fail  tls: ", 1)]
    [InlineData(3, "warn  tls: ", 0)]
    [InlineData(90, "ok    tls: ", 0)]
    public async Task The_end_of_the_own_certificate_is_seen(int days, string line, int code)
    {
        using var server = new Answering(TimeSpan.Zero);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = new CertificateRequest("CN=busbar", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-10), now.AddDays(days));
        string cert = Path.Combine(_directory, "c.pem");
        string keyFile = Path.Combine(_directory, "k.pem");
        File.WriteAllText(cert, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());

        int found = await RunAsync(server.Address, Key, $"tls: {{cert_file: '{cert}', key_file: '{keyFile}'}}");

        Assert.Contains(line, _output.ToString());
        Assert.Equal(code, found);
    }

    [Fact]
    public async Task A_configuration_with_errors_is_bad_and_each_is_told()
    {
        Assert.Equal(1, await RunAsync("http://8.8.8.8", Key));
        Assert.Contains("fail  configuration: providers.here.base_url", _output.ToString());
    }

    private async Task<int> RunAsync(string address, string key, string more = "")
    {
        string file = Path.Combine(_directory, "config.yaml");
        File.WriteAllText(file, $$$"""
            auth: {mode: token, client_tokens: [t]}
            providers: {here: {protocol: openai, base_url: "{{{address}}}", allow_private_network: true, api_key_env: HERE_KEY}}
            models: {m: {provider: here, max_concurrent: 4}}
            {{{more}}}
            """);
        return await DoctorCommand.RunAsync(["doctor", "--config", file], new FakeEnvironment(("HERE_KEY", key)), TimeProvider.System, _output,
            _output);
    }

    /// <summary>Answers every request with a list of models, or 401 without the key.</summary>
    private sealed class Answering : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public Answering(TimeSpan ahead)
        {
            _listener.Start();
            _serving = ServeAsync(ahead);
        }

        public string Authority => _listener.LocalEndpoint.ToString()!;

        public string Address => $"http://{Authority}/v1";

        public void Dispose()
        {
            _listener.Dispose();
            _serving.Wait();
        }

        private async Task ServeAsync(TimeSpan ahead)
        {
            try
            {
                while (true)
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync();
                    using var reader = new StreamReader(client.GetStream());
                    var head = new StringBuilder();
                    while (await reader.ReadLineAsync() is { Length: > 0 } line)
                    {
                        head.AppendLine(line);
                    }

                    string text = head.ToString();
                    bool isRight = text.StartsWith("GET /v1/models ", StringComparison.Ordinal)
                        && text.Contains($"Authorization: Bearer {Key}", StringComparison.Ordinal);
                    string date = (TimeProvider.System.GetUtcNow() + ahead).ToString("R");
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 {(isRight ? "200 OK" : "401 No")}\r\nDate: {date}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"));
                }
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException)
            {
            }
        }
    }
}

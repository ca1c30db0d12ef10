using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Tests.Upstream.Http1;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>A gateway whose provider has TLS: another gateway, so that listener and client side of TLS and HTTP/2 meet.</summary>
public sealed class TlsScenarios
{
    public static TheoryData<string, string> Names
    {
        get
        {
            var cases = new TheoryData<string, string> { { "openai", "2" } };
            foreach (SpokenProtocol spoken in SpokenProtocol.All)
            {
                cases.Add(spoken.Name, "auto");
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Answers_streams_and_errors_come_through_TLS_as_they_are_and_a_server_nobody_vouches_for_gets_nothing(
        string protocol, string version)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(protocol);
        string directory = Directory.CreateTempSubdirectory("busbar-tls-").FullName;
        string certificate = Path.Combine(directory, "certificate.pem");
        string key = Path.Combine(directory, "key.pem");
        WriteCertificate(certificate, key);
        await using ScriptedUpstream upstream = ScriptedUpstream.Start(spoken.StreamContentType);
        int port = GatewayProcess.FreePort();
        await using GatewayProcess provider = GatewayProcess.Run(
            [], Provider(spoken, port, upstream.Port, certificate, key), new Dictionary<string, string> { ["KEY"] = "inner" });
        await using Scene scene = await Scene.StartAsync([], [spoken], outer => Client(spoken, version, outer, port),
            new() { ["KEY"] = Scene.KeyOf(0), ["SSL_CERT_FILE"] = certificate });

        string answer = spoken.Answer("hello");
        upstream.Next(call => call.AnswerAsync(200, answer));
        await Eventually.HoldsAsync(async () => await scene.PostAsync(spoken) is { Status: 200 } reply && reply.Text == answer ? null
            : "no answer yet");

        upstream.Next(call => spoken.ServeAsync(call));
        Reply streamed = await scene.PostAsync(spoken, stream: true);
        Assert.Equal(200, streamed.Status);
        Assert.True(spoken.EndsCleanly(streamed.Text), streamed.Text);

        string refusal = spoken.Error("some_error", "too hot");
        upstream.Next(call => call.AnswerAsync(422, refusal));
        Reply refused = await scene.PostAsync(spoken);
        Assert.Equal((422, refusal), (refused.Status, refused.Text));

        await using Scene stranger = await Scene.StartAsync([], [spoken], outer => Client(spoken, version, outer, port),
            new() { ["KEY"] = Scene.KeyOf(0) });
        Assert.Equal(spoken.StatusOf(503), (await stranger.PostAsync(spoken)).Status);
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("https://provider.test", true)]
    [InlineData("http://127.0.0.1:9", false)]
    public async Task A_machine_without_certificate_authorities_says_so_at_its_start_where_they_are_needed(string provider, bool says)
    {
        const string Warning = "no certificate authorities are known";
        string directory = Directory.CreateTempSubdirectory("busbar-tls-").FullName;
        string bundle = Path.Combine(directory, "none.pem");
        await File.WriteAllTextAsync(bundle, "");
        await using GatewayProcess gateway = GatewayProcess.Run(
            [],
            $$"""
                listen: 127.0.0.1:{{GatewayProcess.FreePort()}}
                auth: { mode: token, client_tokens: [{{Scene.KeyOf(0)}}] }
                providers:
                  p: { protocol: openai, base_url: "{{provider}}", api_key_env: KEY, allow_private_network: true }
                models:
                  m: { provider: p, max_concurrent: 20 }
                """,
            new Dictionary<string, string> { ["KEY"] = Scene.KeyOf(0), ["SSL_CERT_FILE"] = bundle, ["SSL_CERT_DIR"] = directory });
        await Eventually.TrueAsync(() => gateway.StandardError.Contains(says ? Warning : "is listening on", StringComparison.Ordinal), "said");
        gateway.Signal(PosixSignal.SIGTERM);
        await gateway.ExitedAsync();
        Assert.Equal(says, gateway.StandardError.Contains(Warning, StringComparison.Ordinal));
        Directory.Delete(directory, recursive: true);
    }

    private static string Provider(SpokenProtocol spoken, int port, int upstream, string certificate, string key) => $$"""
        listen: 127.0.0.1:{{port}}
        tls: { cert_file: "{{certificate}}", key_file: "{{key}}" }
        auth: { mode: token, client_tokens: [{{Scene.KeyOf(0)}}] }
        providers:
          p: { protocol: {{spoken.Name}}, base_url: "http://127.0.0.1:{{upstream}}", api_key_env: KEY, allow_private_network: true }
        models:
          m: { provider: p, max_concurrent: 20 }
        pools:
          within: { members: [ { target: m } ] }
        """;

    private static string Client(SpokenProtocol spoken, string version, int port, int provider) => $$"""
        listen: 127.0.0.1:{{port}}
        auth: { mode: token, client_tokens: [{{Scene.Token}}] }
        providers:
          p: { protocol: {{spoken.Name}}, base_url: "https://127.0.0.1:{{provider}}", api_key_env: KEY, allow_private_network: true, http_version: {{version}} }
        models:
          m: { provider: p, upstream_model: within, max_concurrent: 20 }
        pools:
          {{Scene.Pool}}: { breaker: { trip: { mode: consecutive, n: 1000 } }, members: [ { target: m } ] }
        """;

    private static void WriteCertificate(string certificate, string key)
    {
        using X509Certificate2 made = ServerCertificate.Create();
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(key, made.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }
}

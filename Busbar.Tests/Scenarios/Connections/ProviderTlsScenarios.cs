using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Tests.Upstream.Http1;

namespace Busbar.Tests.Scenarios.Connections;

/// <summary>Providers behind TLS that the machine does not know: <c>providers.*.tls</c>.</summary>
public sealed class ProviderTlsScenarios : IDisposable
{
    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-tls-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_authority_of_the_operator_vouches_for_a_provider(bool streamed)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(OpenAI));
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);

        Reply reply = await scene.PostAsync(OpenAI, streamed);

        Assert.Equal(200, reply.Status);
        Assert.Contains("hello", reply.Text);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("2")]
    public async Task A_provider_gets_the_certificate_and_the_name_that_are_configured(string version)
    {
        using X509Certificate2 server = ServerCertificate.Create("models.corp");
        using X509Certificate2 client = ServerCertificate.Create("caller");
        Write("ca.pem", server.ExportCertificatePem());
        Write("own.pem", client.ExportCertificatePem());
        Write("own.key", client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<(string? Name, string? Subject)> served = ServeAsync(listener, server);
        string provider =
            $"base_url: \"https://{listener.LocalEndpoint}\", http_version: {version}, tls: {{ ca_file: {At("ca.pem")}, " +
            $"cert_file: {At("own.pem")}, key_file: {At("own.key")}, server_name: models.corp }}";
        await using Scene scene = await StartAsync(provider);

        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        Assert.Equal(("models.corp", "CN=caller"), await served);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("2")]
    public async Task A_provider_with_another_name_or_of_another_authority_gets_nothing(string version)
    {
        using X509Certificate2 server = ServerCertificate.Create("models.corp");
        using X509Certificate2 other = ServerCertificate.Create("models.corp");
        Write("ca.pem", server.ExportCertificatePem());
        Write("other.pem", other.ExportCertificatePem());
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        foreach (string tls in (string[])[$"ca_file: {At("ca.pem")}, server_name: elsewhere.corp", $"ca_file: {At("other.pem")}"])
        {
            Task<(string? Name, string? Subject)> served = ServeAsync(listener, server);
            await using Scene scene = await StartAsync($"base_url: \"https://{listener.LocalEndpoint}\", http_version: {version}, tls: {{ {tls} }}");

            OpenAI.IsEnvelope(await scene.PostAsync(OpenAI), 503);

            await Assert.ThrowsAnyAsync<Exception>(async () => await served);
            await Eventually.TrueAsync(
                () => scene.Gateway.StandardError.Replace("SecureConnectionError", "secure_connection", StringComparison.Ordinal)
                    .Contains("reason=secure_connection", StringComparison.Ordinal),
                "the reason in the log");
        }
    }

    [Fact]
    public async Task A_renewed_authority_is_trusted_after_a_reload_and_a_broken_one_leaves_the_former_in_force()
    {
        using X509Certificate2 stranger = ServerCertificate.Create("stranger");
        Write("ca.pem", stranger.ExportCertificatePem());
        ScriptedUpstream upstream = ScriptedUpstream.Start(OpenAI.StreamContentType, isTls: true);
        upstream.Always = call => OpenAI.ServeAsync(call);
        await using Scene scene = await StartAsync($"base_url: \"{upstream.Address}\", tls: {{ ca_file: {At("ca.pem")} }}", upstream);
        Assert.Equal(503, (await scene.PostAsync(OpenAI)).Status);

        File.Copy(TestAuthority.File, At("ca.pem"), overwrite: true);
        scene.Gateway.Signal(System.Runtime.InteropServices.PosixSignal.SIGHUP);
        await Eventually.HoldsAsync(async () => (await scene.PostAsync(OpenAI)).Status is var status and not 200 ? $"status {status}" : null);

        Write("ca.pem", "no certificate");
        scene.Gateway.Signal(System.Runtime.InteropServices.PosixSignal.SIGHUP);
        await Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains("no PEM text", StringComparison.Ordinal), "the reload is refused");
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2")]
    public async Task What_a_provider_says_is_neither_unpacked_nor_followed_nor_remembered(string version)
    {
        await using Scene scene = await Scene.StartAsync(new SceneConfig(
            OpenAI) { Provider = $"allow_private_network: true, http_version: {version}" });
        byte[] packed = Packed(OpenAI.Answer("hello"));
        scene.Upstream
            .Next(call => call.AnswerAsync(200, packed, "application/json", ("Content-Encoding", "gzip"), ("Set-Cookie", "session=one; Path=/"),
                ("X-Request-Id", "r1")))
            .Next(call => call.AnswerAsync(307, "", ("Location", $"{scene.Upstream.Address}/elsewhere"), ("Set-Cookie", "session=two; Path=/")))
            .Next(call => OpenAI.ServeAsync(call));

        using (HttpRequestMessage message = Scene.Message(OpenAI, new StringContent(OpenAI.Request(Scene.Pool, stream: false))))
        {
            message.Headers.Add("Accept-Encoding", "gzip");
            using HttpResponseMessage answer = await scene.Client.SendAsync(message);
            Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
            Assert.Equal(packed, await answer.Content.ReadAsByteArrayAsync());
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        }

        Reply moved = await scene.PostAsync(OpenAI);
        Assert.NotEqual(200, moved.Status);
        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        Assert.Equal(3, scene.Upstream.Requests.Count);
        Assert.All(scene.Upstream.Requests, request => Assert.Null(request["Cookie"]));
        Assert.DoesNotContain(scene.Upstream.Requests, request => request.Path.Contains("elsewhere", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2")]
    public async Task A_handshake_without_end_is_over_when_connecting_must_be_and_the_next_lane_serves(string version)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        ScriptedUpstream upstream = ScriptedUpstream.Start(OpenAI.StreamContentType, isTls: true);
        upstream.Always = call => OpenAI.ServeAsync(call);
        await using Scene scene = await Scene.StartAsync(
            [upstream],
            [OpenAI],
            port => $$"""
                listen: 127.0.0.1:{{port}}
                auth: { mode: token, client_tokens: [{{Scene.Token}}] }
                limits: { upstream_connect_timeout_secs: 1 }
                providers:
                  mute: { protocol: openai, api_key_env: KEY, allow_private_network: true, http_version: {{version}}, base_url: "https://{{silent.LocalEndpoint}}", tls: { ca_file: {{TestAuthority.File}} } }
                  p: { protocol: openai, api_key_env: KEY, allow_private_network: true, base_url: "{{upstream.Address}}", tls: { ca_file: {{TestAuthority.File}} } }
                models: { one: { provider: mute, max_concurrent: 5 }, two: { provider: p, max_concurrent: 5 } }
                pools: { {{Scene.Pool}}: { strategy: priority, members: [{ target: one }, { target: two }] } }
                """,
            new() { ["KEY"] = Scene.KeyOf(0) });

        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        await scene.ChargedAsync(0, err: 1);
        await scene.ChargedAsync(1, ok: 1);
    }

    [Fact]
    public async Task Receivers_of_logs_and_traces_are_trusted_by_their_own_authority()
    {
        await using ScriptedUpstream receiver = ScriptedUpstream.Start(isTls: true);
        receiver.Always = call => call.AnswerAsync(200, "{}");
        string settings = $"{{ allow_private_network: true, tls: {{ ca_file: {TestAuthority.File} }} }}";
        await using Scene scene = await Scene.StartAsync(new SceneConfig(OpenAI)
        {
            More = $$"""
                observability:
                  otlp_endpoint: {{receiver.Address}}
                  otlp: {{settings}}
                  request_log_webhook_url: {{receiver.Address}}/log
                  request_log_webhook: {{settings}}
                """,
        });
        scene.Upstream.Always = call => OpenAI.ServeAsync(call);

        Assert.Equal(200, (await scene.PostAsync(OpenAI)).Status);

        await Eventually.TrueAsync(() => receiver.Requests.Select(request => request.Path).Order().SequenceEqual(["/log", "/v1/traces"]),
            "both were told");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Task<Scene> StartAsync(string provider, params ScriptedUpstream[] upstreams) => Scene.StartAsync(
        upstreams,
        [OpenAI],
        port => $$"""
            listen: 127.0.0.1:{{port}}
            auth: { mode: token, client_tokens: [{{Scene.Token}}] }
            providers: { p: { protocol: openai, api_key_env: KEY, allow_private_network: true, {{provider}} } }
            models: { one: { provider: p, max_concurrent: 5 } }
            pools: { {{Scene.Pool}}: { breaker: { base_cooldown_secs: 1, trip: { mode: consecutive, n: 1000 } }, members: [{ target: one }] } }
            """,
        new() { ["KEY"] = Scene.KeyOf(0) });

    // One call over TLS; the name that was asked for and the certificate that was shown.
    private static async Task<(string? Name, string? Subject)> ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        string? name = null;
        using Socket socket = await listener.AcceptSocketAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateSelectionCallback = (_, told) =>
            {
                name = told;
                return certificate;
            },
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        });
        string? subject = tls.RemoteCertificate?.Subject;
        if (await new UpstreamConnection(tls).ReadAsync() is null)
        {
            throw new AuthenticationException("nothing was asked");
        }

        string answer = OpenAI.Answer("hello");
        await tls.WriteAsync(
            Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}"));
        await tls.ShutdownAsync();
        return (name, subject);
    }

    private static byte[] Packed(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    private string At(string name) => Path.Combine(_directory, name);

    private void Write(string name, string text) => File.WriteAllText(At(name), text);
}

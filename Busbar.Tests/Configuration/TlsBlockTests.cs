using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Tests.Upstream.Http1;

namespace Busbar.Tests.Configuration;

/// <summary>Certificates and keys for servers that are called.</summary>
public sealed class TlsBlockTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-tls-").FullName;

    [Fact]
    public void A_provider_has_authorities_a_certificate_and_a_name()
    {
        (string certificate, string key) = Pair("own");
        string ca = Pair("authority").Certificate;

        ClientTls tls = ConfigText.Valid(Provider($"ca_file: {ca}, cert_file: {certificate}, key_file: {key}, server_name: models.corp"))
            .Providers["openai"].Tls!;

        Assert.Equal("CN=authority", Assert.Single(tls.Authorities).Subject);
        Assert.Equal(("CN=own", true), (tls.Certificate!.Subject, tls.Certificate.HasPrivateKey));
        Assert.Equal("models.corp", tls.ServerName);
    }

    [Theory]
    [InlineData("ca_file: MISSING", "ca_file", "no such file")]
    [InlineData("ca_file: TEXT", "ca_file", "no PEM text")]
    [InlineData("ca_file: KEY", "ca_file", "no certificate that can be read")]
    [InlineData("ca_file: BROKEN", "ca_file", "no certificate that can be read")]
    [InlineData("cert_file: CERT", "key_file", "missing")]
    [InlineData("key_file: KEY", "cert_file", "missing")]
    [InlineData("cert_file: CERT, key_file: OTHER", "key_file", "cannot be used with")]
    [InlineData("cert_file: CERT, key_file: CERT", "key_file", "cannot be used with")]
    [InlineData("server_name: \"https://models.corp\"", "server_name", "not the name of a host")]
    [InlineData("authority: CERT", "authority", "ca_file")]
    public void What_cannot_be_used_is_an_error_that_names_the_key(string block, string key, string said)
    {
        (string certificate, string own) = Pair("own");
        string other = Pair("other").Key;
        foreach ((string word, string file) in ((string, string)[])
            [
                ("MISSING", Path.Combine(_directory, "none.pem")), ("TEXT", Write("text.pem", "hello")),
                ("BROKEN", Write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
                ("CERT", certificate), ("OTHER", other), ("KEY", own),
            ])
        {
            block = block.Replace(": " + word, ": " + file, StringComparison.Ordinal);
        }

        ConfigProblem problem = ConfigText.OnlyError(Provider(block));

        Assert.Equal("providers.openai.tls." + key, problem.Path);
        Assert.Contains(said, problem.ToString());
    }

    [Theory]
    [InlineData(-1, "expired on")]
    [InlineData(5, "expires on")]
    public void A_certificate_that_has_ended_or_will_soon_is_a_warning(int days, string said)
    {
        (string certificate, string key) = Pair("own", days);

        Assert.Contains(said, ConfigText.Warning(Provider($"cert_file: {certificate}, key_file: {key}"), "providers.openai.tls.cert_file")
            .ToString());
        Assert.Contains(said, ConfigText.Warning(Provider($"ca_file: {certificate}"), "providers.openai.tls.ca_file").ToString());
    }

    [Fact]
    public void Without_TLS_there_is_nothing_to_trust()
    {
        string provider = $"base_url: \"http://127.0.0.1:1\", allow_private_network: true, tls: {{ca_file: {Pair("authority").Certificate}}}";

        Assert.Contains("https://", ConfigText.OnlyError(ConfigText.WithProvider(provider)).ToString());
    }

    [Fact]
    public void Receivers_have_the_same_block_and_a_renewed_file_is_a_change()
    {
        string ca = Pair("first").Certificate;
        string yaml = ConfigText.With(more: $"""
            observability:
              otlp_endpoint: https://collector.example
              request_log_webhook_url: https://log.example/in
              alert_webhook_url: https://alert.example/in
              otlp: {"{"}tls: {"{"}ca_file: {ca}{"}"}{"}"}
              request_log_webhook: {"{"}tls: {"{"}ca_file: {ca}{"}"}{"}"}
              alert_webhook: {"{"}tls: {"{"}server_name: inside.corp{"}"}{"}"}
            """);
        ObservabilityConfig former = ConfigText.Valid(yaml).Observability;
        Assert.True(former.Otlp.Same(ConfigText.Valid(yaml).Observability.Otlp));
        Assert.Equal("inside.corp", former.AlertWebhook.Tls!.ServerName);

        File.Copy(Pair("second").Certificate, ca, overwrite: true);
        ObservabilityConfig renewed = ConfigText.Valid(yaml).Observability;

        Assert.False(former.Otlp.Same(renewed.Otlp));
        Assert.False(former.RequestLogWebhook.Same(renewed.RequestLogWebhook));
        Assert.True(former.AlertWebhook.Same(renewed.AlertWebhook));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string Provider(string block) => ConfigText.WithProvider($"tls: {{{block}}}");

    private (string Certificate, string Key) Pair(string name, int days = 90)
    {
        using X509Certificate2 certificate = ServerCertificate.Create(name, days);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return (Write(name + ".pem", certificate.ExportCertificatePem()), Write(name + ".key", key.ExportPkcs8PrivateKeyPem()));
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }
}

using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Busbar.Upstream;
using Busbar.Upstream.Http1;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>HTTP/1.1 with TLS.</summary>
public sealed class TlsTransportTests : Http1TransportTests
{
    private static readonly X509Certificate2 Certificate = ServerCertificate.Create();

    public TlsTransportTests()
        : base(Certificate, Trusting(Certificate))
    {
    }

    [Fact]
    public async Task The_server_is_told_which_name_and_protocol_are_meant()
    {
        string? name = null;
        using Http1Transport transport = New(DialAsync, Trusting(Certificate, "provider.test"));
        ValueTask<UpstreamResponse> call = transport.SendAsync(Request("{}"), Limit);
        using TcpProvider provider = await AcceptAsync((_, told) =>
        {
            name = told;
            return Certificate;
        });
        await provider.ReceiveAsync("{}");
        await provider.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        (await call).Dispose();

        Assert.Equal("provider.test", name);
        Assert.Equal(SslApplicationProtocol.Http11, provider.Tls!.NegotiatedApplicationProtocol);
    }

    [Theory]
    [InlineData("a stranger")]
    [InlineData("another name")]
    [InlineData("expired")]
    public async Task A_server_that_cannot_prove_who_it_is_gets_nothing(string flaw)
    {
        using X509Certificate2 expired = ServerCertificate.Create(days: -1);
        X509Certificate2 shown = flaw == "expired" ? expired : Certificate;
        using X509Certificate2 other = ServerCertificate.Create();
        using Http1Transport transport = New(DialAsync, Trusting(
            flaw == "a stranger" ? other : shown, flaw == "another name" ? "elsewhere.test" : "127.0.0.1"));
        UpstreamRequest request = Request("{}");
        ValueTask<UpstreamResponse> call = transport.SendAsync(request, Limit);
        try
        {
            using TcpProvider provider = await AcceptAsync((_, _) => shown);
            Assert.Null(await provider.ReceiveAsync("{}"));
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // The server meets the alert in its handshake or in its first read.
        }

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(async () => await call);
        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        Assert.False(request.IsSent);
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_a_failure_of_its_connection()
    {
        ValueTask<UpstreamResponse> call = Transport.SendAsync(Request("{}"), Limit);
        using TcpProvider provider = await AcceptPlainAsync();
        await provider.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(async () => await call);
        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        Assert.True(await provider.IsClosedAsync());
    }

    [Fact]
    public async Task Negotiating_takes_no_longer_than_connecting_may()
    {
        ValueTask<UpstreamResponse> call = Transport.SendAsync(Request("{}"), Limit);
        using TcpProvider silent = await AcceptPlainAsync();
        Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        Assert.True(await silent.IsClosedAsync());
        Assert.False(Limit.IsCancellationRequested);
    }

    [Fact]
    public async Task An_answer_in_many_small_records_is_whole_and_waited_for_without_losing_any()
    {
        ValueTask<UpstreamResponse> call = Transport.SendAsync(Request("{}"), Limit);
        using TcpProvider provider = await AcceptAsync();
        await provider.ReceiveAsync("{}");
        await provider.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n");
        using UpstreamResponse response = await call;
        var body = new StringBuilder();
        byte[] room = new byte[7];
        for (int round = 0; round < 100; round++)
        {
            ValueTask<int> wait = response.WaitAsync(Limit);
            string sent = $"{round:D20}";
            await provider.SendAsync(sent[..3]);
            await provider.SendAsync(sent[3..]);
            await wait;
            while (body.Length < (round + 1) * 20)
            {
                body.Append(Encoding.ASCII.GetString(room, 0, await response.ReadAsync(room, Limit)));
            }
        }

        Assert.Equal(string.Concat(Enumerable.Range(0, 100).Select(round => $"{round:D20}")), body.ToString());
        Assert.Equal(0, await response.ReadAsync(room, Limit));
    }

    private static SslClientAuthenticationOptions Trusting(X509Certificate2 root, string host = "127.0.0.1") => new()
    {
        TargetHost = host,
        ApplicationProtocols = [SslApplicationProtocol.Http11],
        CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode =
            X509RevocationMode.NoCheck },
    };
}

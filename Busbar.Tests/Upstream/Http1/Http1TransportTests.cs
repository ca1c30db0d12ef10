using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Busbar.Upstream;
using Busbar.Upstream.Dial;
using Busbar.Upstream.Http1;
using Busbar.Wire;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>Calls over real connections to a provider that does as it is told: what holds with TLS and without.</summary>
public abstract class Http1TransportTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly Http1Transport _transport;
    private readonly Uri _address;
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentQueue<Socket> _sockets = [];

    private protected Http1TransportTests(X509Certificate2? certificate, SslClientAuthenticationOptions? tls)
    {
        _certificate = certificate;
        _listener.Start();
        _address = new Uri($"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1/chat?x=%20y");
        _transport = New(DialAsync, tls);
    }

    private protected Http1Transport Transport => _transport;

    private protected CancellationToken Limit => _limit.Token;

    private protected int Connections => _sockets.Count;

    public virtual void Dispose()
    {
        _transport.Dispose();
        _listener.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task The_request_arrives_whole_and_the_connection_serves_the_next_one()
    {
        UpstreamRequest request = Request("""{"model":"m"}""");
        Assert.True(request.TryAdd("Authorization", "Bearer k"));
        Assert.False(request.TryAdd("X-Evil", "a\r\nHost: evil"));
        (UpstreamResponse response, TcpProvider provider) = await CallAsync(
            request, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello");

        Assert.Equal(
            $"POST /v1/chat?x=%20y HTTP/1.1\r\nHost: 127.0.0.1:{_address.Port}\r\nAuthorization: Bearer k\r\nContent-Type: " +
            $"application/json\r\nContent-Length: 13\r\n\r\n{{\"model\":\"m\"}}", provider.Received);
        Assert.True(request is { IsSent: true, IsInFlight: false });
        Assert.Equal("hello", await ReadAsync(response));
        response.Dispose();

        for (int round = 0; round < 3; round++)
        {
            ValueTask<UpstreamResponse> next = _transport.SendAsync(Request("{}"), _limit.Token);
            await provider.ReceiveAsync("{}");
            await provider.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
            response = await next;
            Assert.Equal("abc", await ReadAsync(response));
            response.Dispose();
        }

        Assert.Single(_sockets);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world")]
    public async Task An_answer_is_the_same_however_it_is_cut(string answer)
    {
        TcpProvider? provider = null;
        for (int cut = 1; cut < answer.Length; cut++)
        {
            ValueTask<UpstreamResponse> call = _transport.SendAsync(Request("{}"), _limit.Token);
            provider ??= await AcceptAsync();
            await provider.ReceiveAsync("{}");
            await provider.SendAsync(answer[..cut]);
            await provider.SendAsync(answer[cut..]);
            using UpstreamResponse response = await call;
            Assert.Equal("hello world", await ReadAsync(response));
        }

        Assert.Single(_sockets);
    }

    [Fact]
    public async Task Every_cut_of_an_answer_is_a_failure_and_never_an_end()
    {
        foreach (string answer in (string[])["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"])
        {
            for (int cut = 0; cut < answer.Length; cut++)
            {
                ValueTask<UpstreamResponse> call = _transport.SendAsync(Request("{}"), _limit.Token);
                using TcpProvider provider = await AcceptAsync();
                await provider.ReceiveAsync("{}");
                await provider.SendAsync(answer[..cut]);
                provider.Close();
                await Assert.ThrowsAnyAsync<IOException>(async () =>
                {
                    using UpstreamResponse response = await call;
                    await ReadAsync(response);
                });
            }
        }
    }

    [Fact]
    public async Task A_body_without_length_ends_with_its_connection_which_is_not_used_again()
    {
        (UpstreamResponse response, TcpProvider provider) = await CallAsync(Request("{}"), "HTTP/1.1 200 OK\r\n\r\nhello");
        provider.Close();
        Assert.Equal("hello", await ReadAsync(response));
        response.Dispose();

        await AnswerAsync();
        Assert.Equal(2, _sockets.Count);
    }

    [Fact]
    public async Task A_connection_that_the_provider_closed_meanwhile_is_not_used_and_nobody_notices()
    {
        TcpProvider first = await AnswerAsync();
        first.Close();

        // A request before the end has arrived would be lost like any other.
        Assert.True(_sockets.Single().Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));
        await AnswerAsync();
        Assert.Equal(2, _sockets.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_meets_the_end_of_a_kept_connection_is_sent_once_more_over_a_new_one(bool isReset)
    {
        TcpProvider first = await AnswerAsync();

        // More than fits the socket, so that the sending is under way when the end comes.
        UpstreamRequest request = Request(isReset ? new string(' ', 8 * 1024 * 1024) + "{}" : "{}");
        ValueTask<UpstreamResponse> call = _transport.SendAsync(request, _limit.Token);
        if (!isReset)
        {
            await first.ReceiveAsync("{}");
        }

        first.Dispose();
        TcpProvider second = await AcceptAsync();
        Assert.EndsWith("{}", await second.ReceiveAsync("{}"));
        await second.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        using UpstreamResponse response = await call;
        Assert.Equal("ok", await ReadAsync(response));
        Assert.True(request is { IsSent: true, IsInFlight: false });
        Assert.Equal(2, _sockets.Count);
    }

    [Theory]
    [InlineData("a byte of the answer has come")]
    [InlineData("the provider had time to work on it")]
    [InlineData("the new connection ends too")]
    public async Task Otherwise_a_call_whose_connection_ends_has_failed(string why)
    {
        TcpProvider first = await AnswerAsync();
        ValueTask<UpstreamResponse> call = _transport.SendAsync(Request("{}"), _limit.Token);
        await first.ReceiveAsync("{}");
        switch (why[0])
        {
            case 'a':
                await first.SendAsync("H");
                break;
            case 't' when why.Contains("time", StringComparison.Ordinal):
                _time.Advance(TimeSpan.FromSeconds(3));
                break;
            default:
                first.Close();
                first = await AcceptAsync();
                await first.ReceiveAsync("{}");
                break;
        }

        first.Close();

        await Assert.ThrowsAsync<HttpIOException>(async () => await call);
        Assert.False(_listener.Pending());
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!", "ok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!", "ok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "ok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", null)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nformer", "")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", "")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", "")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nformer", "ok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", "")]
    public async Task Bytes_beyond_an_answer_a_farewell_or_an_answer_left_unread_end_the_connection(string answer, string? body)
    {
        (UpstreamResponse response, TcpProvider provider) = await CallAsync(Request("{}"), answer);
        if (body is not null)
        {
            Assert.Equal(body, await ReadAsync(response));
        }

        response.Dispose();
        Assert.True(await provider.IsClosedAsync());
        await AnswerAsync();
        Assert.Equal(2, _sockets.Count);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    public async Task What_is_no_answer_is_a_failure_of_the_provider(string answer)
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(Request("{}"), answer));
    }

    [Fact]
    public async Task Headers_and_interim_answers_without_end_are_cut_off()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(Request("{}"), "HTTP/1.1 200 OK\r\nX: " + new string('a', 70_000)));
        await Assert.ThrowsAsync<HttpRequestException>(() => CallAsync(
            Request("{}"), string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20))));
    }

    [Fact]
    public async Task An_answer_that_comes_before_the_request_was_read_is_taken_and_the_body_stays_untouched_until_its_sending_has_ended()
    {
        UpstreamRequest request = Request(new string('x', 32 * 1024 * 1024));
        ValueTask<UpstreamResponse> call = _transport.SendAsync(request, _limit.Token);
        using TcpProvider provider = await AcceptAsync();
        await provider.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
        UpstreamResponse response = await call;

        Assert.Equal(413, response.Status);
        Assert.Equal("big", await ReadAsync(response));
        Assert.True(request is { IsInFlight: true, IsSent: false });
        response.Dispose();
        while (request.IsInFlight)
        {
            await Task.Delay(1, _limit.Token);
        }

        Assert.False(request.IsSent);
        await AnswerAsync();
        Assert.Equal(2, _sockets.Count);
    }

    [Fact]
    public async Task Bytes_that_come_while_a_connection_is_idle_end_it_and_are_nobodys_answer()
    {
        TcpProvider first = await AnswerAsync();
        await first.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nformer");
        Assert.True(_sockets.Single().Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));

        await AnswerAsync();
        Assert.Equal(2, _sockets.Count);
        Assert.True(await first.IsClosedAsync());
    }

    [Fact]
    public async Task A_large_body_arrives_in_order()
    {
        string numbers = string.Concat(Enumerable.Range(0, 400_000).Select(number => $"{number},"));
        string body = $$"""{"n":"{{numbers}}","model":"gpt","m":"{{numbers}}"}""";
        byte[] bytes = Encoding.ASCII.GetBytes(body);
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(bytes, out RequestScan scan));
        var request = new UpstreamRequest(_address, new SplicedBody(bytes, scan, "\"other\""u8.ToArray()));
        string expected = body.Replace("\"gpt\"", "\"other\"");
        ValueTask<UpstreamResponse> call = _transport.SendAsync(request, _limit.Token);
        using TcpProvider provider = await AcceptAsync();
        await provider.ReceiveAsync(body[^20..]);
        await provider.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using UpstreamResponse response = await call;

        Assert.EndsWith($"Content-Length: {expected.Length}\r\n\r\n{expected}", provider.Received);
        Assert.True(request.IsSent);
    }

    [Fact]
    public async Task Cancelling_ends_a_call_in_each_of_its_phases_and_closes_its_connection()
    {
        using var beforeHead = new CancellationTokenSource();
        ValueTask<UpstreamResponse> call = _transport.SendAsync(Request("{}"), beforeHead.Token);
        using TcpProvider first = await AcceptAsync();
        await first.ReceiveAsync("{}");
        await beforeHead.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        Assert.True(await first.IsClosedAsync());

        (UpstreamResponse response, TcpProvider second) = await CallAsync(Request("{}"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        using var inBody = new CancellationTokenSource();
        byte[] room = new byte[100];
        Assert.Equal(2, await response.ReadAsync(room, inBody.Token));
        ValueTask<int> read = response.ReadAsync(room, inBody.Token);
        await inBody.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        response.Dispose();
        Assert.True(await second.IsClosedAsync());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _transport.SendAsync(Request("{}"), inBody.Token));
    }

    [Fact]
    public async Task Connections_idle_for_too_long_or_used_for_too_long_are_closed()
    {
        TcpProvider idle = await AnswerAsync();
        _time.Advance(TimeSpan.FromSeconds(89));
        await AnswerAsync(idle);
        _time.Advance(TimeSpan.FromSeconds(121));
        Assert.True(await idle.IsClosedAsync());

        TcpProvider old = await AnswerAsync();
        for (int minute = 0; minute < 15; minute++)
        {
            _time.Advance(TimeSpan.FromSeconds(61));
            await AnswerAsync(old);
        }

        Assert.True(await old.IsClosedAsync());
        Assert.Equal(2, _sockets.Count);
    }

    [Fact]
    public async Task Disposing_closes_what_is_idle_at_once_and_the_rest_when_its_call_ends()
    {
        (UpstreamResponse busy, TcpProvider used) = await CallAsync(Request("{}"), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        TcpProvider idle = await AnswerAsync();
        _transport.Dispose();

        Assert.True(await idle.IsClosedAsync());
        Assert.Equal("ok", await ReadAsync(busy));
        busy.Dispose();
        Assert.True(await used.IsClosedAsync());
    }

    [Fact]
    public async Task Calls_at_once_never_share_a_connection()
    {
        var servers = new List<Task>();
        for (int round = 0; round < 20; round++)
        {
            ValueTask<UpstreamResponse>[] calls = [.. Enumerable.Range(0, 8)
                .Select(number => _transport.SendAsync(Request($"{{\"n\":{number}}}"), _limit.Token))];
            while (servers.Count < 8)
            {
                servers.Add(EchoAsync(await AcceptAsync()));
            }

            for (int number = 0; number < calls.Length; number++)
            {
                using UpstreamResponse response = await calls[number];
                Assert.Equal($"{{\"n\":{number}}}", await ReadAsync(response));
            }
        }

        Assert.Equal(8, _sockets.Count);
    }

    private protected static async Task<string> ReadAsync(UpstreamResponse response)
    {
        var body = new StringBuilder();
        byte[] room = new byte[100];
        while (await response.ReadAsync(room, CancellationToken.None) is > 0 and int count)
        {
            body.Append(Encoding.ASCII.GetString(room, 0, count));
        }

        return body.ToString();
    }

    private static async Task EchoAsync(TcpProvider provider)
    {
        while (await provider.ReceiveAsync("}") is { } request)
        {
            string body = request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            await provider.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
    }

    private protected UpstreamRequest Request(string body) => new(_address, new SplicedBody(Encoding.ASCII.GetBytes(body)));

    private protected async ValueTask<Socket> DialAsync(DnsEndPoint server, CancellationToken cancellation)
    {
        Socket socket = await VettedDial.ConnectAsync(server, _ => false, "", cancellation);
        _sockets.Enqueue(socket);
        return socket;
    }

    private protected Http1Transport New(Func<DnsEndPoint, CancellationToken, ValueTask<Socket>> dial, SslClientAuthenticationOptions? tls = null) =>
        new(_address, dial, tls, TimeSpan.FromSeconds(5), _time);

    private protected void Advance(TimeSpan time) => _time.Advance(time);

    private protected Task<TcpProvider> AcceptAsync() => AcceptAsync(_certificate is null ? null : (_, _) => _certificate);

    private protected Task<TcpProvider> AcceptPlainAsync() => AcceptAsync(null);

    private protected async Task<TcpProvider> AcceptAsync(ServerCertificateSelectionCallback? certificate) =>
        await TcpProvider.StartAsync(await _listener.AcceptSocketAsync(_limit.Token), certificate, _limit.Token);

    private protected async Task<(UpstreamResponse Response, TcpProvider Provider)> CallAsync(UpstreamRequest request, string answer)
    {
        ValueTask<UpstreamResponse> call = _transport.SendAsync(request, _limit.Token);
        TcpProvider provider = await AcceptAsync();
        await provider.ReceiveAsync("}");
        await provider.SendAsync(answer);
        return (await call, provider);
    }

    // One plain call, over a new connection or that of a provider.
    private protected async Task<TcpProvider> AnswerAsync(TcpProvider? provider = null)
    {
        ValueTask<UpstreamResponse> call = _transport.SendAsync(Request("{}"), _limit.Token);
        provider ??= await AcceptAsync();
        await provider.ReceiveAsync("{}");
        await provider.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        using UpstreamResponse response = await call;
        Assert.Equal("ok", await ReadAsync(response));
        return provider;
    }
}

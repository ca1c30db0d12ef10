using System.Net.Sockets;
using Busbar.Upstream;
using Busbar.Upstream.Http1;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>HTTP/1.1 without TLS.</summary>
public sealed class PlainTransportTests() : Http1TransportTests(null, null)
{
    [Fact]
    public async Task A_new_connection_that_answers_before_it_was_asked_has_answered()
    {
        var answered = New(async (server, cancellation) =>
        {
            Socket socket = await DialAsync(server, cancellation);
            using TcpProvider provider = await AcceptAsync();
            await provider.SendAsync("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
            provider.Close();
            return socket;
        });
        using UpstreamResponse response = await answered.SendAsync(Request("{}"), Limit);

        Assert.Equal(503, response.Status);
        Assert.Equal("busy", await ReadAsync(response));
        answered.Dispose();
    }

    [Fact]
    public async Task An_answer_before_the_first_question_is_taken_but_its_connection_has_no_second_one()
    {
        TcpProvider? early = null;
        using var eager = New(async (server, cancellation) =>
        {
            Socket socket = await DialAsync(server, cancellation);
            early = await AcceptAsync();
            await early.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
            Assert.True(socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));
            return socket;
        });

        using (UpstreamResponse response = await eager.SendAsync(Request("{}"), Limit))
        {
            Assert.Equal("early", await ReadAsync(response));
        }

        Assert.True(await early!.IsClosedAsync());
    }

    [Fact]
    public async Task Connecting_takes_no_longer_than_it_may()
    {
        var never = New(static async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException();
        });
        ValueTask<UpstreamResponse> call = never.SendAsync(Request("{}"), Limit);
        Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        Assert.False(Limit.IsCancellationRequested);
        never.Dispose();
    }
}

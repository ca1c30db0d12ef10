using System.Net;
using System.Net.Sockets;
using Busbar.Upstream.Dial;

namespace Busbar.Tests.Upstream.Dial;

/// <summary>Hosts with several addresses, of which some do not answer.</summary>
public sealed class VettedDialTests
{
    private static readonly IPAddress Near = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Far = IPAddress.Parse("127.0.0.2");

    [Fact]
    public void What_goes_out_over_the_platforms_client_is_what_was_written_and_what_comes_back_is_what_was_said()
    {
        using SocketsHttpHandler handler = VettedDial.NewHandler(_ => false, "");

        Assert.False(handler.UseCookies);
        Assert.False(handler.UseProxy);
        Assert.False(handler.AllowAutoRedirect);
        Assert.Null(handler.ActivityHeadersPropagator);
        Assert.Equal(DecompressionMethods.None, handler.AutomaticDecompression);
        Assert.Equal((64, TimeSpan.FromMinutes(15)), (handler.MaxResponseHeadersLength, handler.PooledConnectionLifetime));
    }

    [Fact]
    public async Task An_address_that_is_silent_does_not_keep_the_next_one_from_being_tried()
    {
        using Socket good = Listening(Near, 0, 10);
        int port = ((IPEndPoint)good.LocalEndPoint!).Port;

        // With a full queue of connections that nobody accepts, the kernel answers no more.
        using Socket silent = Listening(Far, port, 0);
        using var filling = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filling.ConnectAsync(Far, port);

        using Socket socket = await VettedDial.RaceAsync([Far, Near], port, CancellationToken.None);

        Assert.Equal(new IPEndPoint(Near, port), socket.RemoteEndPoint);
    }

    [Fact]
    public async Task An_address_that_refuses_is_followed_by_the_next()
    {
        using Socket good = Listening(Near, 0, 10);
        int port = ((IPEndPoint)good.LocalEndPoint!).Port;

        using Socket socket = await VettedDial.RaceAsync([Far, Near], port, CancellationToken.None);

        Assert.Equal(new IPEndPoint(Near, port), socket.RemoteEndPoint);
    }

    [Fact]
    public async Task When_all_refuse_that_is_what_is_said()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Any, 0));
        int port = ((IPEndPoint)unused.LocalEndPoint!).Port;

        var failure = await Assert.ThrowsAsync<SocketException>(() => VettedDial.RaceAsync([Far, Near], port, CancellationToken.None));

        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
    }

    [Fact]
    public async Task Who_cancels_waits_for_no_address()
    {
        using Socket silent = Listening(Far, 0, 0);
        int port = ((IPEndPoint)silent.LocalEndPoint!).Port;
        using var filling = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filling.ConnectAsync(Far, port);
        using var cancellation = new CancellationTokenSource();
        Task<Socket> race = VettedDial.RaceAsync([Far, Far], port, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race);
    }

    [Theory]
    [InlineData("::1 ::2 ::3 10.0.0.1 10.0.0.2", "::1 10.0.0.1 ::2 10.0.0.2 ::3")]
    [InlineData("10.0.0.1 ::1 ::2 ::3", "10.0.0.1 ::1 ::2 ::3")]
    [InlineData("10.0.0.1 10.0.0.2 10.0.0.3", "10.0.0.1 10.0.0.2 10.0.0.3")]
    [InlineData("10.0.0.1 192.168.0.1 ::1", "10.0.0.1 ::1")]
    [InlineData("192.168.0.1", "")]
    public void The_families_take_turns_and_blocked_addresses_have_none(string resolved, string tried)
    {
        IPAddress[] addresses = [.. resolved.Split(' ').Select(IPAddress.Parse)];

        List<IPAddress> ways = VettedDial.InTurns(addresses, address => address.ToString().StartsWith("192.", StringComparison.Ordinal));

        Assert.Equal(tried, string.Join(' ', ways));
    }

    [Fact]
    public async Task A_host_whose_addresses_are_all_blocked_is_not_dialled() => await Assert.ThrowsAsync<AddressBlockedException>(async () =>
        await VettedDial.ConnectAsync(new DnsEndPoint("127.0.0.1", 9), _ => true, "blocked", CancellationToken.None));

    [Fact]
    public async Task A_peer_that_is_gone_without_a_word_is_noticed()
    {
        using Socket good = Listening(Near, 0, 10);

        using Socket socket = await VettedDial.ConnectAsync(new DnsEndPoint("127.0.0.1", ((IPEndPoint)good.LocalEndPoint!).Port), _ => false, "",
            CancellationToken.None);

        Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
        Assert.Equal(60, (int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!);
    }

    private static Socket Listening(IPAddress address, int port, int backlog)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(backlog);
        return socket;
    }
}

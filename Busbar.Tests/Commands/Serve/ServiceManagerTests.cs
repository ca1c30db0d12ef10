using System.Net.Sockets;
using System.Text;
using Busbar.Commands.Serve;
using Busbar.Tests.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Commands.Serve;

public sealed class ServiceManagerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };

    public ServiceManagerTests() => _manager.Bind(new UnixDomainSocketEndPoint(_path));

    public void Dispose()
    {
        _manager.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Each_change_of_state_is_told()
    {
        using var service = new ServiceManager(new FakeEnvironment(("NOTIFY_SOCKET", _path)), TimeProvider.System);

        service.Ready("serving");
        Assert.Equal("READY=1\nSTATUS=serving", Heard());
        service.Reloading();
        Assert.Matches(@"^RELOADING=1\nMONOTONIC_USEC=\d+$", Heard());
        service.Stopping();
        Assert.StartsWith("STOPPING=1\n", Heard());
    }

    [Fact]
    public void The_watchdog_hears_of_life_twice_in_its_time()
    {
        var time = new FakeTimeProvider();
        using var service = new ServiceManager(new FakeEnvironment(("NOTIFY_SOCKET", _path), ("WATCHDOG_USEC", "10000000")), time);

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("WATCHDOG=1", Heard());
    }

    [Theory]
    [InlineData("1000", null, 500)]
    [InlineData("1000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("x", null, null)]
    public void The_watchdog_of_another_process_is_not_fed(string limit, string? process, int? microseconds)
    {
        var environment = process is null ? new FakeEnvironment(("WATCHDOG_USEC", limit))
            : new FakeEnvironment(("WATCHDOG_USEC", limit), ("WATCHDOG_PID", process));

        Assert.Equal(microseconds is { } expected ? TimeSpan.FromMicroseconds(expected) : null, ServiceManager.WatchdogPeriod(environment));
    }

    [Fact]
    public void A_manager_that_does_not_listen_is_no_failure()
    {
        using var nobody = new ServiceManager(new FakeEnvironment(("NOTIFY_SOCKET", "/no/such/socket")), TimeProvider.System);
        using var none = new ServiceManager(new FakeEnvironment(), TimeProvider.System);

        nobody.Ready("serving");
        none.Stopping();
    }

    [Fact]
    public void Sockets_for_this_process_are_told_apart_by_their_names()
    {
        var environment = new FakeEnvironment(("LISTEN_PID", "42"), ("LISTEN_FDS", "3"), ("LISTEN_FDNAMES", "http:admin:https"));

        (IReadOnlyList<int> clients, IReadOnlyList<int> admin) = ServiceManager.Inherited(environment, 42);

        Assert.Equal([3, 5], clients);
        Assert.Equal([4], admin);
    }

    [Theory]
    [InlineData("41", "1")]
    [InlineData("42", "0")]
    [InlineData("42", "65")]
    [InlineData("42", "-1")]
    [InlineData("", "1")]
    public void Sockets_that_are_not_for_this_process_are_left_alone(string process, string count) =>
        Assert.Equal(([], []), ServiceManager.Inherited(new FakeEnvironment(("LISTEN_PID", process), ("LISTEN_FDS", count)), 42));

    private string Heard()
    {
        byte[] buffer = new byte[512];
        return Encoding.UTF8.GetString(buffer, 0, _manager.Receive(buffer));
    }
}

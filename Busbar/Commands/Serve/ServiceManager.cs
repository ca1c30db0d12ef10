using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Busbar.Configuration;

namespace Busbar.Commands.Serve;

/// <summary>
/// The talk with systemd: what state the process is in (sd_notify(3)), that it is alive (its watchdog), and sockets that were opened before it
/// started (sd_listen_fds(3)). Without a service manager every member does nothing.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    private const int FirstSocket = 3;

    private readonly Socket? _socket;
    private readonly ITimer? _watchdog;

    /// <summary>Reads the variables that a service manager sets.</summary>
    public ServiceManager(IEnvironment environment, TimeProvider time)
    {
        (Sockets, AdminSockets) = Inherited(environment, Environment.ProcessId);
        RuntimeDirectory = RuntimeDirectoryOf(environment);
        if (environment.Get("NOTIFY_SOCKET") is not { Length: > 1 } address || address[0] is not ('/' or '@'))
        {
            return;
        }

        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            // An abstract address is written with '@' for its leading zero byte.
            _socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address));
        }
        catch (SocketException)
        {
            _socket.Dispose();
            _socket = null;
            return;
        }

        if (WatchdogPeriod(environment) is { } period)
        {
            // From the pool's threads: when none of them gets to run any more, the manager hears nothing and restarts the process.
            _watchdog = time.CreateTimer(_ => Send("WATCHDOG=1"), null, period, period);
        }
    }

    /// <summary>Listening sockets for clients; empty when none were handed over.</summary>
    public IReadOnlyList<int> Sockets { get; }

    /// <summary>Listening sockets for the admin API: those with the name <c>admin</c> (<c>FileDescriptorName=</c>).</summary>
    public IReadOnlyList<int> AdminSockets { get; }

    /// <summary>A directory of this service's own that ends with it (<c>RuntimeDirectory=</c>, systemd.exec(5)); null when there is none.</summary>
    public string? RuntimeDirectory { get; }

    /// <summary>Requests are served.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>A reload has begun; <see cref="Ready"/> ends it.</summary>
    public void Reloading() => Send(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    /// <summary>The process is going down.</summary>
    public void Stopping() => Send("STOPPING=1\nSTATUS=draining");

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchdog?.Dispose();
        _socket?.Dispose();
    }

    /// <summary>The descriptors passed to this process: for clients, and for the admin API.</summary>
    internal static (IReadOnlyList<int> Clients, IReadOnlyList<int> Admin) Inherited(IEnvironment environment, int processId)
    {
        if (Number(environment, "LISTEN_PID") != processId || Number(environment, "LISTEN_FDS") is not (> 0 and <= 64 and var count))
        {
            return ([], []);
        }

        string[] names = environment.Get("LISTEN_FDNAMES")?.Split(':') ?? [];
        ILookup<bool, int> sockets = Enumerable.Range(0, (int)count)
            .ToLookup(index => index < names.Length && names[index] == "admin", index => FirstSocket + index);
        return ([.. sockets[false]], [.. sockets[true]]);
    }

    /// <summary>How often to tell that the process lives: half of what the manager waits; null when it does not wait.</summary>
    internal static TimeSpan? WatchdogPeriod(IEnvironment environment) =>
        Number(environment, "WATCHDOG_USEC") is (> 1 and var limit)
            && (Number(environment, "WATCHDOG_PID") ?? Environment.ProcessId) == Environment.ProcessId
            ? TimeSpan.FromMicroseconds(limit / 2)
            : null;

    /// <summary>The first of the directories that the unit asks for; null when there is none.</summary>
    internal static string? RuntimeDirectoryOf(IEnvironment environment) =>
        environment.Get("RUNTIME_DIRECTORY")?.Split(':')[0] is ['/', ..] directory ? directory : null;

    private static long? Number(IEnvironment environment, string name) =>
        long.TryParse(environment.Get(name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private void Send(string state)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A manager that does not listen is not a reason to fail.
        }
    }
}

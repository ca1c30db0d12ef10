using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Governance.Store.Postgres;

/// <summary>A pooler in transaction mode in front of a server: each transaction may get another of its few connections.</summary>
internal sealed class PgBouncer : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-pgbouncer-").FullName;
    private readonly Process _process;

    private PgBouncer(PostgresServer server)
    {
        Port = GatewayProcess.FreePort();
        string file = Path.Combine(_directory, "pgbouncer.ini");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host=127.0.0.1 port={server.Port} user=owner
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {Port}
            auth_type = any
            pool_mode = transaction
            default_pool_size = 4
            unix_socket_dir =
            logfile = {_directory}/log
            """));
        string[] call = [Program!, "-q", file];
        if (Environment.UserName == "root")
        {
            Process.Start("chown", ["-R", "postgres", _directory]).WaitForExit();
            call = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", .. call];
        }

        _process = Process.Start(new ProcessStartInfo(call[0], call[1..]) { RedirectStandardError = true })!;
    }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    private static string? Program { get; } = Array.Find(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"], File.Exists);

    /// <summary>Starts one; skips the test where there is none.</summary>
    public static async Task<PgBouncer> StartAsync(PostgresServer server)
    {
        Skip.If(Program is null, "the package pgbouncer is not installed");
        var pooler = new PgBouncer(server);
        await Eventually.TrueAsync(
            () =>
            {
                using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    probe.Connect(new IPEndPoint(IPAddress.Loopback, pooler.Port));
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "pgbouncer answers");
        return pooler;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Busbar.Configuration.Model.Store;
using Npgsql;

namespace Busbar.Tests.Governance.Store.Postgres;

/// <summary>
/// A PostgreSQL server of the test run's own, in a private directory and on a private port. Tests that need one are skipped where the package
/// <c>postgresql</c> is missing.
/// </summary>
internal sealed class PostgresServer
{
    private static readonly Lazy<PostgresServer?> s_shared = new(() => Binaries is null ? null : new PostgresServer());
    private static int s_databases;

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-postgres-").FullName;

    /// <summary>Starts one with further <paramref name="settings"/>, such as <c>-c ssl=on</c>.</summary>
    public PostgresServer(string settings = "", Action<string>? prepare = null)
    {
        Port = FreePort();
        if (IsRoot)
        {
            Run("chown", "postgres", _directory);
        }

        As("initdb", "-D", Data, "-A", "trust", "-U", "owner", "--no-sync");

        // Everybody but the owner needs a password.
        string rules = Path.Combine(Data, "pg_hba.conf");
        File.WriteAllText(rules, "host all owner 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\nlocal all owner trust\n");
        prepare?.Invoke(Data);
        Settings = settings;
        Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    /// <summary>The one that tests share which do not disturb it.</summary>
    public static PostgresServer Shared
    {
        get
        {
            Skip.If(Binaries is null, "the package postgresql is not installed");
            return s_shared.Value!;
        }
    }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its files.</summary>
    public string Data => Path.Combine(_directory, "data");

    private string Settings { get; }

    private static bool IsRoot => Environment.UserName == "root";

    private static string? Binaries { get; } = !Directory.Exists("/usr/lib/postgresql") ? null : Directory.GetDirectories("/usr/lib/postgresql")
        .Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order(StringComparer.Ordinal)
            .LastOrDefault();

    /// <summary>The address of a new, empty database.</summary>
    public string NewDatabase()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref s_databases)}");
        Execute("postgres", $"CREATE DATABASE {name}");
        return Url(name);
    }

    /// <summary>The address of a database.</summary>
    public string Url(string database, string user = "owner", int? port = null)
        => string.Create(CultureInfo.InvariantCulture, $"postgres://{user}@127.0.0.1:{port ?? Port}/{database}");

    /// <summary>The configuration that leads to <paramref name="url"/>.</summary>
    public static PostgresConfig Config(string url) => new() { UrlEnv = "BUSBAR_TEST_DATABASE", Address = PostgresAddress.Parse(url, out _) };

    /// <summary>Runs a script with its variables.</summary>
    public void Script(string database, string file, params string[] variables) => Run(
        Path.Combine(Binaries!, "psql"),
        ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "owner", "-d", database, "-v", "ON_ERROR_STOP=1",
            .. variables.SelectMany(variable => (string[])["-v", variable]), "-f", file]);

    /// <summary>Runs statements past the product.</summary>
    public void Execute(string database, string sql)
    {
        using NpgsqlConnection connection = Connect(database);
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>First value of the first row, past the product.</summary>
    public object? Scalar(string database, string sql)
    {
        using NpgsqlConnection connection = Connect(database);
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    /// <summary>Starts it, and waits until it answers.</summary>
    public void Start() => As("pg_ctl", "-w", "-s", "-D", Data, "-l", Path.Combine(_directory, "log"), "-o",
        string.Create(
            CultureInfo.InvariantCulture, $"-p {Port} -k {_directory} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200 {Settings}"),
            "start");

    /// <summary>Ends it at once, with every connection.</summary>
    public void Stop() => As("pg_ctl", "-w", "-s", "-D", Data, "-m", "immediate", "stop");

    /// <summary>Ends it and removes its files.</summary>
    public void Dispose()
    {
        try
        {
            Stop();
        }
        catch (InvalidOperationException)
        {
            // Stopped already.
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private NpgsqlConnection Connect(string database)
    {
        var connection = new NpgsqlConnection(string.Create(CultureInfo.InvariantCulture,
            $"Host=127.0.0.1;Port={Port};Username=owner;Database={database};Pooling=false"));
        connection.Open();
        return connection;
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    // It refuses to run as root.
    private static void As(string program, params string[] arguments)
    {
        string path = Path.Combine(Binaries!, program);
        if (IsRoot)
        {
            Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", path, .. arguments]);
        }
        else
        {
            Run(path, arguments);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        // Nothing is redirected to here: the server would keep the pipe for as long as it lives.
        using Process process = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", program, .. arguments]) { WorkingDirectory = "/" })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}");
        }
    }
}

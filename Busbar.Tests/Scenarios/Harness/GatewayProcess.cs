using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>
/// The real program in a process of its own. The binary is that of the variable BUSBAR_BINARY, else <c>busbar</c> in the repository's root, else the
/// one that the build put beside the tests.
/// </summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    // Below the range from which the kernel takes ports for outgoing connections, so that none is lost between the choice and the start.
    private static int s_nextPort = 12000 + Random.Shared.Next(15000);

    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-scenario-").FullName;
    private readonly StringBuilder _error = new();
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    private GatewayProcess(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string? config, int? openFiles)
    {
        ConfigFile = Path.Combine(_directory, "config.yaml");
        if (config is not null)
        {
            File.WriteAllText(ConfigFile, config);
        }

        if (openFiles is not null)
        {
            arguments = ["-c", $"ulimit -n {openFiles} && exec \"$0\" \"$@\"", Binary, .. arguments];
        }

        var start = new ProcessStartInfo(openFiles is null ? Binary : "/bin/sh", arguments) { RedirectStandardError = true, RedirectStandardOutput =
            true, WorkingDirectory = _directory };
        start.Environment["BUSBAR_CONFIG"] = ConfigFile;
        start.Environment.Remove("BUSBAR_PROVIDERS");
        start.Environment["BUSBAR_LOG"] = "trace";

        // Many of these run beside each other on few cores; what compiles in the background would only be in the way.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>The program under test.</summary>
    public static string Binary { get; } = Find();

    /// <summary>The deployment file of this process; a scenario may rewrite it.</summary>
    public string ConfigFile { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to standard error so far.</summary>
    public string StandardError => Read(_error);

    /// <summary>What it wrote to standard output so far.</summary>
    public string StandardOutput => Read(_output);

    /// <summary>A port of this machine that nothing uses.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref s_nextPort);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // In use: the next one.
            }
        }
    }

    /// <summary>Starts it with arguments, and with a hard limit on open files where one is given, and does not wait for anything.</summary>
    public static GatewayProcess Run(
        IReadOnlyList<string> arguments, string? config = null, IReadOnlyDictionary<string, string>? environment = null, int? openFiles = null) =>
        new(arguments, environment ?? new Dictionary<string, string>(), config, openFiles);

    /// <summary>Waits until it has ended.</summary>
    public async Task<int> ExitedAsync()
    {
        using var bound = new CancellationTokenSource(Eventually.Bound);
        await _process.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    /// <summary>Ends it as a crash would: with no chance to do anything first.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(PosixSignal signal) => Assert.Equal(0, Kill(_process.Id, signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGTERM => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(signal)),
    }));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private static string Find()
    {
        string atRoot = Path.Combine(Corpus.RepositoryRoot, "busbar");
        return Environment.GetEnvironmentVariable("BUSBAR_BINARY") is { Length: > 0 } named ? Path.GetFullPath(named)
            : File.Exists(atRoot) ? atRoot
            : Path.Combine(AppContext.BaseDirectory, "busbar");
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.Append(line).Append('\n');
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}

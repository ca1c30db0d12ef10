using System.Runtime.InteropServices;
using Busbar.Gateway;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Busbar.Commands.Serve;

/// <summary>
/// The end of a process, in the order that loses no request: tell everybody who asks that it is going down, wait until balancers have noticed, take
/// no more connections, let requests end, cut what is left.
/// </summary>
internal sealed partial class Shutdown : IDisposable
{
    // For what is cut to say so to clients that read.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<bool> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <summary>Listens to SIGTERM and SIGINT from now on.</summary>
    public Shutdown(TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    }

    /// <summary>Waits for a signal. True when balancers may need time to notice; SIGINT is for people, who do not want to wait.</summary>
    public Task<bool> AskedAsync() => _asked.Task;

    /// <summary>Goes down. A second signal at any point ends it at once.</summary>
    /// <param name="server">What takes connections.</param>
    /// <param name="application">What serves them.</param>
    /// <param name="waits">The answer of <see cref="AskedAsync"/>.</param>
    public async Task RunAsync(KestrelServer server, GatewayApplication application, bool waits)
    {
        Configuration.Model.LimitsConfig limits = application.Snapshot.Config.Limits;
        application.BeginDrain();
        if (waits && limits.ReadyDelaySecs > 0)
        {
            GoingDown(_log, limits.ReadyDelaySecs);
            await DelayAsync(TimeSpan.FromSeconds(limits.ReadyDelaySecs)).ConfigureAwait(false);
        }

        Draining(_log, limits.ShutdownDrainSecs);
        Task stopped = server.StopAsync(_hurry.Token);
        if (await Task.WhenAny(stopped, DelayAsync(TimeSpan.FromSeconds(limits.ShutdownDrainSecs))).ConfigureAwait(false) != stopped)
        {
            application.Cut();
            _hurry.CancelAfter(LastWords);
        }

        // Connections still open when the token fires are cut; each request settles on that path like on any other.
        await stopped.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminate.Dispose();
        _interrupt.Dispose();
        _hurry.Dispose();
    }

    // Ends early with the second signal.
    private Task DelayAsync(TimeSpan time) => Task.Delay(time, _time, _hurry.Token).ContinueWith(static _ => { }, TaskScheduler.Default);

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (!_asked.TrySetResult(signal.Signal == PosixSignal.SIGTERM))
        {
            _hurry.Cancel();
        }
    }

    [LoggerMessage(12, LogLevel.Information, "draining for at most {Seconds} s; a second signal stops at once")]
    private static partial void Draining(ILogger logger, int seconds);

    [LoggerMessage(16, LogLevel.Information, "going down: /healthz answers 503, the port closes in {Seconds} s")]
    private static partial void GoingDown(ILogger logger, int seconds);
}

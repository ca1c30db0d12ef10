using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Gateway;
using Busbar.Gateway.Admission.Tokens;
using Busbar.Gateway.Health;
using Busbar.Gateway.Server;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Leases;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Busbar.Ir;
using Busbar.Observability;
using Busbar.Observability.Live;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Oidc;
using Busbar.Reliability;
using Busbar.Upstream.Identity;
using Busbar.Upstream.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Busbar.Commands.Serve;

/// <summary>The main job: loads a configuration, serves it, reloads it on SIGHUP, drains on SIGTERM.</summary>
internal static partial class ServeCommand
{
    private const string Serving = "serving";

    // A rotated key is used within this time without anybody's doing.
    private static readonly TimeSpan KeyLook = TimeSpan.FromSeconds(3);

    // A certificate that was renewed without a reload is found before the old one ends.
    private static readonly TimeSpan CertificateLook = TimeSpan.FromDays(1);

    /// <summary>Serves until a signal ends it.</summary>
    /// <returns>0 after a clean stop, 1 when the start failed.</returns>
    public static async Task<int> RunAsync(ConfigSources sources, IEnvironment environment, TextWriter error)
    {
        ConfigResult loaded = ConfigLoader.Load(sources, environment);
        StderrLogger loggers = Loggers(loaded.Config, environment, error);
        await using var _ = loggers.ConfigureAwait(false);
        foreach (ConfigProblem problem in loaded.Problems.Concat(loaded.Config is { } valid ? PriceAdvice.Problems(valid) : []))
        {
            loggers.Notices.WriteLine(problem);
        }

        return loaded.Config is { } config
            ? await ServeAsync(config, () => ConfigLoader.Load(sources, environment), environment, loggers, null).ConfigureAwait(false)
            : 1;
    }

    /// <summary>
    /// Serves <paramref name="config"/>; <paramref name="reload"/> is asked for another one on SIGHUP, <paramref name="listening"/> is called once
    /// the port is open.
    /// </summary>
    public static async Task<int> ServeAsync(
        GatewayConfig config, Func<ConfigResult> reload, IEnvironment environment, TextWriter error, Action? listening = null)
    {
        StderrLogger loggers = Loggers(config, environment, error);
        await using var _ = loggers.ConfigureAwait(false);
        return await ServeAsync(config, reload, environment, loggers, listening).ConfigureAwait(false);
    }

    private static async Task<int> ServeAsync(
        GatewayConfig config, Func<ConfigResult> reload, IEnvironment environment, StderrLogger loggers, Action? listening)
    {
        TimeProvider time = TimeProvider.System;
        TextWriter error = loggers.Notices;
        ILogger log = loggers.CreateLogger("busbar");
        if (listening is null)
        {
            // Who speaks once it listens says what there is.
            foreach (string line in StartupSummary.Lines(config))
            {
                error.WriteLine(line);
            }
        }

        if (StartupSummary.OpenRelayBanner(config) is { } banner)
        {
            OpenRelay(log, banner);
        }

        TlsListener? tls;
        try
        {
            tls = config.Tls is { } files ? new TlsListener(files) : null;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"[error] tls: the certificate cannot be loaded: {exception.Message}");
            return 1;
        }

        Governor? governor;
        try
        {
            governor = config.Governance.Enabled ? await OpenGovernorAsync(config, time, log).ConfigureAwait(false) : null;
        }
        catch (StoreException exception)
        {
            error.WriteLine($"[error] governance: {exception.Message}");
            return 1;
        }

        try
        {
            using var manager = new ServiceManager(environment, time);
            return await ListenAsync(config, environment, manager, tls, governor, reload, loggers, log, time, error, listening).ConfigureAwait(false);
        }
        finally
        {
            if (governor is not null)
            {
                await governor.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<int> ListenAsync(
        GatewayConfig config,
        IEnvironment environment,
        ServiceManager manager,
        TlsListener? tls,
        Governor? governor,
        Func<ConfigResult> reload,
        StderrLogger loggers,
        ILogger log,
        TimeProvider time,
        TextWriter error,
        Action? listening)
    {
        var metrics = new Metrics { Governance = governor, LogDropped = loggers.Dropped };
        metrics.Config.Applied(config, time.GetUtcNow());
        metrics.Config.CertificateEnd = tls is null ? null : () => tls.Expires;
        using var live = new LiveView(metrics, time);
        var events = new BreakerMetrics(metrics, live.Breakers, time, log);
        var refusals = new RefusedKeys(events);
        Fleet fleet = Fleet.Create(config, time, events: refusals);

        // Who logs for a machine wants every request; on a terminal they would bury what went wrong.
        var requestLog = new RequestLog(log, time, loggers.LineFormat == LogFormat.Json ? LogLevel.Information : LogLevel.Debug);
        var telemetry = new Telemetry(metrics, log, time);
        await using var _ = telemetry.ConfigureAwait(false);
        using var identities = new Identities(environment, new IdentityMetrics(metrics, log), time);
        identities.Apply(config);
        metrics.Identities = () => identities.All;
        TokenGate? tokens = governor is null ? null : new TokenGate(config.Auth.Jwt, governor, new IssuerNetwork(), metrics, time, log);
        using var application = new GatewayApplication(new GatewaySnapshot(
            config, fleet, metrics, time, governor, identities: identities, tokens: tokens), metrics, requestLog, time)
        {
            Telemetry = telemetry,
            Recent = live.Requests,
        };
        telemetry.Figures = () => metrics.Read(application.Snapshot.Fleet, ProcessGauges.Read());
        telemetry.Apply(config.Observability);
        if (governor?.Watch is { } watch)
        {
            FleetLink.Join(watch, application, events, time);
        }

        if (governor is not null)
        {
            governor.Alerts.Listener = alert => Alert(alert, governor, metrics, telemetry, time);
        }

        var prober = new HealthProber(requestLog);
        var control = new GatewayControl(application, prober, tls, reload, metrics, live, log, error);
        var targets = new ListenTargets(config.Listeners, manager.Sockets, config.ReusePort);
        var places = new ConnectionPlaces(Descriptors.MaxConnections(Descriptors.Raise()));
        using KestrelServer server = GatewayServer.Create(targets, config.Limits, loggers, tls, places);
        AdminServer admin;
        try
        {
            admin = await AdminServer.OpenAsync(application, control, governor, manager, time, metrics, loggers, log).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            error.WriteLine($"[error] {exception.Message}");
            return 1;
        }

        using AdminServer administration = admin;
        try
        {
            await server.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            error.WriteLine($"[error] listen: cannot bind {targets.Description}: {exception.Message}");
            return 1;
        }

        Listening(log, ProductVersion.Text, targets.Description);
        listening?.Invoke();
        if (MachineAuthorities.MayBeAsked(config))
        {
            ThreadPool.QueueUserWorkItem(_ => Trust(config, log));
        }

        control.WarnOfKeys();
        prober.Restart(application.Snapshot);
        live.Start(() => application.Snapshot.Fleet);
        using var shutdown = new Shutdown(time, log);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            manager.Reloading();
            control.Reload();
            telemetry.File?.Reopen();
            manager.Ready(Serving);
        });
        refusals.Refused = control.ReadKeys;
        using var keys = new FileWatch(() => FileWatch.KeyFiles(control.Config), control.ReadKeys, KeyLook, time);
        using ITimer certificate = time.CreateTimer(_ => control.ReadCertificate(), null, CertificateLook, CertificateLook);
        manager.Ready(Serving);
        bool waits = await shutdown.AskedAsync().ConfigureAwait(false);
        manager.Stopping();
        live.Events.Close();
        prober.Stop();
        await shutdown.RunAsync(server, application, waits).ConfigureAwait(false);
        await administration.StopAsync().ConfigureAwait(false);
        application.Snapshot.CloseConnections();
        Stopped(log);
        return 0;
    }

    private static async Task<Governor> OpenGovernorAsync(GatewayConfig config, TimeProvider time, ILogger log)
    {
        GovernanceConfig governance = config.Governance;
        if (governance is not { Store: StoreKind.Postgres, Postgres: { } postgres })
        {
            return Governor.Open(governance, SqliteStore.Open(governance.DbPath, time), time, log);
        }

        PostgresStore store = PostgresStore.Open(postgres, time, string.Join(", ", config.Listeners), log);
        var clock = new StoreClock(time);
        var desk = new LeaseDesk(new PostgresLeases(postgres), clock, governance.OnStoreError == StoreErrorMode.Open, log);
        await desk.StartAsync().ConfigureAwait(false);
        return Governor.Open(governance, store, clock, log, desk);
    }

    private static void Alert(in LimitAlert alert, Governor governor, Metrics metrics, Telemetry telemetry, TimeProvider time)
    {
        Limit limit = alert.Limit;
        string kind = LimitWords.Of(limit.Kind);
        metrics.LimitAlerts.Get(kind, alert.Percent.ToString(CultureInfo.InvariantCulture)).Add();
        if (telemetry.Alerts is not { } receiver)
        {
            governor.Alerts.Told(alert, atOnce: false);
            return;
        }

        LimitAlert told = alert;
        receiver.Post(new AlertRecord
        {
            Due = () => governor.Alerts.IsToTell(told),
            Done = isLast => governor.Alerts.Told(told, atOnce: isLast),
            Time = time.GetUtcNow(),
            Owner = alert.Owner,
            OwnerName = governor.Groups.Find(alert.Owner)?.Group.Name ?? governor.Keys.Find(alert.Owner)?.Key.Name,
            Kind = kind,
            Window = LimitWords.Of(limit.Period),
            Pool = limit.Scope,
            Percent = alert.Percent,
            Max = limit.Max,
            Used = limit.Kind == LimitKind.Budget ? alert.Used / (double)Money.NanosPerCent : alert.Used,
            WindowStart = alert.WindowStart,
        });
    }

    private static StderrLogger Loggers(GatewayConfig? config, IEnvironment environment, TextWriter error) => new(
        StderrLogger.ParseLevel(environment.Get("BUSBAR_LOG") ?? environment.Get("RUST_LOG")),
        error,
        TimeProvider.System,
        StderrLogger.ParseFormat(environment.Get("BUSBAR_LOG_FORMAT"), config?.Observability.LogFormat ?? LogFormat.Text));

    [LoggerMessage(10, LogLevel.Information, "busbar {Version} is listening on {Address}")]
    private static partial void Listening(ILogger logger, string version, string address);

    [LoggerMessage(11, LogLevel.Error, "{Banner}")]
    private static partial void OpenRelay(ILogger logger, string banner);

    // Behind the start, which it would make longer.
    private static void Trust(GatewayConfig config, ILogger log)
    {
        int count = MachineAuthorities.Read();
        if (count > 0)
        {
            Trusted(log, count);
        }
        else if (MachineAuthorities.AreNeeded(config))
        {
            NobodyTrusted(log);
        }
    }

    [LoggerMessage(18, LogLevel.Debug, "calls over TLS trust {Count} certificate authorities of this machine")]
    private static partial void Trusted(ILogger logger, int count);

    [LoggerMessage(
        19,
        LogLevel.Warning,
        "no certificate authorities are known, so no provider can be called over TLS: install ca-certificates, or set providers.*.tls.ca_file")]
    private static partial void NobodyTrusted(ILogger logger);

    [LoggerMessage(13, LogLevel.Information, "stopped")]
    private static partial void Stopped(ILogger logger);
}

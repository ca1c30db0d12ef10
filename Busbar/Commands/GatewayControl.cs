using Busbar.Admin;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Gateway.Health;
using Busbar.Observability;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Microsoft.Extensions.Logging;

namespace Busbar.Commands;

/// <summary>What is done to a running gateway from outside, by signal or by the admin API.</summary>
internal sealed partial class GatewayControl(
    GatewayApplication application, HealthProber prober, Func<ConfigResult> load, Metrics metrics, ILogger log, TextWriter error) : IGatewayControl
{
    private readonly Lock _reloading = new();

    /// <inheritdoc/>
    public GatewayConfig Config => application.Snapshot.Config;

    /// <inheritdoc/>
    public Fleet Fleet => application.Snapshot.Fleet;

    /// <inheritdoc/>
    public Task<ProbeOutcome> ProbeAsync(Lane lane) => prober.ProbeAsync(lane, application.Snapshot);

    /// <inheritdoc/>
    public ConfigResult Reload()
    {
        lock (_reloading)
        {
            ConfigResult loaded = load();
            if (loaded.Config is { } next)
            {
                loaded = new ConfigResult(next, [.. loaded.Problems, .. RestartOnly.Problems(Config, next)]);
            }

            foreach (ConfigProblem problem in loaded.Problems)
            {
                error.WriteLine(problem);
            }

            if (loaded.Config is not { } config)
            {
                ReloadRefused(log);
                return loaded;
            }

            GatewaySnapshot former = application.Snapshot;
            Fleet fleet = former.Fleet.Reload(config);
            application.Swap(new GatewaySnapshot(config, fleet, metrics, former.Time, former.Governor, former.Signatures));
            prober.Restart(application.Snapshot);
            application.Telemetry?.Apply(config.Observability);

            // Requests under way keep the former snapshot; its idle connections close by themselves.
            Reloaded(log, config.Providers.Count, config.Models.Count, config.Pools.Count);
            return loaded;
        }
    }

    [LoggerMessage(14, LogLevel.Information, "configuration reloaded: {Providers} providers, {Models} models, {Pools} pools")]
    private static partial void Reloaded(ILogger logger, int providers, int models, int pools);

    [LoggerMessage(15, LogLevel.Error, "configuration not reloaded: it has errors; the one in force stays")]
    private static partial void ReloadRefused(ILogger logger);
}

using System.Security.Cryptography;
using Busbar.Admin;
using Busbar.Admin.Keys;
using Busbar.Admin.Process;
using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Model.Store;
using Busbar.Gateway;
using Busbar.Gateway.Admission.Tokens;
using Busbar.Gateway.Health;
using Busbar.Gateway.Server;
using Busbar.Observability;
using Busbar.Observability.Live;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Microsoft.Extensions.Logging;

namespace Busbar.Commands.Serve;

/// <summary>What is done to a running gateway from outside, by signal or by the admin API.</summary>
internal sealed partial class GatewayControl(
    GatewayApplication application, HealthProber prober, TlsListener? tls, Func<ConfigResult> load, Metrics metrics, LiveView live, ILogger log,
    TextWriter error) : IGatewayControl
{
    private readonly Lock _reloading = new();

    /// <inheritdoc/>
    public GatewayConfig Config => application.Snapshot.Config;

    /// <inheritdoc/>
    public Fleet Fleet => application.Snapshot.Fleet;

    /// <inheritdoc/>
    public Task<ProbeOutcome> ProbeAsync(Lane lane) => prober.ProbeAsync(lane, application.Snapshot);

    /// <inheritdoc/>
    public LiveView Live => live;

    /// <inheritdoc/>
    public ConfigResult Preview()
    {
        ConfigResult loaded = load();
        return loaded.Config is { } next
            ? new ConfigResult(next, [.. loaded.Problems, .. PriceAdvice.Problems(next), .. RestartOnly.Problems(Config, next)])
            : loaded;
    }

    /// <inheritdoc/>
    public ConfigResult Reload()
    {
        lock (_reloading)
        {
            ConfigResult loaded = Preview();
            foreach (ConfigProblem problem in loaded.Problems)
            {
                error.WriteLine(problem);
            }

            if (loaded.Config is not { } config)
            {
                metrics.Reloads.Get("failed").Add();
                metrics.Config.Refused();
                ReloadRefused(log);
                return loaded;
            }

            Apply(config);
            WarnOfKeys();
            application.Telemetry?.Apply(config.Observability);
            ReadCertificate();
            metrics.Reloads.Get("ok").Add();
            metrics.Config.Applied(config, application.Snapshot.Time.GetUtcNow());

            Reloaded(log, config.Providers.Count, config.Models.Count, config.Pools.Count);
            return loaded;
        }
    }

    /// <summary>Takes over what the files of providers' keys hold now. Everything else of the configuration stays as it is.</summary>
    public void ReadKeys()
    {
        lock (_reloading)
        {
            Dictionary<string, ProviderConfig> changed = [];
            foreach (ProviderConfig provider in Config.Providers.Values.Where(provider => provider.ApiKeyFile is not null))
            {
                var report = new ConfigReport();
                string key = ConfigFile.Read(provider.ApiKeyFile!, $"providers.{provider.Name}.api_key_file", null, report)?.Trim() ?? "";
                if (key.Length == 0)
                {
                    // Half written, or gone: the former key stays.
                    KeyUnreadable(log, provider.Name, provider.ApiKeyFile!);
                }
                else if (provider.ApiKeys is not [var former] || former.Reveal() != key)
                {
                    changed[provider.Name] = provider with { ApiKeys = [new Secret(key)] };
                }
            }

            if (changed.Count == 0)
            {
                return;
            }

            Apply(Config with { Providers = Config.Providers.ToDictionary(
                entry => entry.Key, entry => changed.GetValueOrDefault(entry.Key, entry.Value)) });
            foreach (ProviderConfig provider in changed.Values)
            {
                KeyChanged(log, provider.Name, provider.ApiKeyFile!);
            }
        }
    }

    /// <summary>Serves the certificate that stands in its files now. One that cannot be used changes nothing but the log.</summary>
    public void ReadCertificate()
    {
        if (tls is null || Config.Tls is not { } files)
        {
            return;
        }

        try
        {
            tls.Reload(files);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            CertificateRefused(log, files.CertFile, exception.Message);
        }

        TimeSpan left = tls.Expires - application.Snapshot.Time.GetUtcNow();
        if (left < PemFile.Notice)
        {
            CertificateEnds(log, files.CertFile, tls.Expires);
        }
    }

    // Requests under way keep the former snapshot; its idle connections close by themselves.
    private void Apply(GatewayConfig config)
    {
        GatewaySnapshot former = application.Snapshot;
        if (former.Governor?.Leases is { } leases)
        {
            leases.AdmitsAway = config.Governance.OnStoreError == StoreErrorMode.Open;
        }

        Fleet fleet = former.Fleet.Reload(config);
        former.Identities?.Apply(config);
        TokenGate? tokens = former.Tokens?.With(config.Auth.Jwt);
        application.Swap(new GatewaySnapshot(config, fleet, metrics, former.Time, former.Governor, former.Signatures, former.Identities, tokens));
        prober.Restart(application.Snapshot);
    }

    /// <summary>Says what of the keys in force is hardly meant under the configuration in force.</summary>
    public void WarnOfKeys()
    {
        if (application.Snapshot.Governor is { } governor)
        {
            foreach (string warning in KeyAdvice.OfAll(governor.Keys.Entries, Config, Fleet)
                .Concat(LimitAdvice.OfAll(governor.Groups.All, governor.Keys.Entries, Fleet)))
            {
                KeyWarning(log, warning);
            }
        }
    }

    [LoggerMessage(66, LogLevel.Warning, "{Message}")]
    private static partial void KeyWarning(ILogger logger, string message);

    [LoggerMessage(14, LogLevel.Information, "configuration reloaded: {Providers} providers, {Models} models, {Pools} pools")]
    private static partial void Reloaded(ILogger logger, int providers, int models, int pools);

    [LoggerMessage(15, LogLevel.Error, "configuration not reloaded: it has errors; the one in force stays")]
    private static partial void ReloadRefused(ILogger logger);

    [LoggerMessage(17, LogLevel.Information, "provider {Provider}: the key in {File} has changed and is in use now")]
    private static partial void KeyChanged(ILogger logger, string provider, string file);

    [LoggerMessage(18, LogLevel.Warning, "provider {Provider}: the key file {File} cannot be read or is empty; the former key stays in use")]
    private static partial void KeyUnreadable(ILogger logger, string provider, string file);

    [LoggerMessage(19, LogLevel.Error, "tls: the certificate in {File} cannot be used, the former one stays in force: {Reason}")]
    private static partial void CertificateRefused(ILogger logger, string file, string reason);

    [LoggerMessage(21, LogLevel.Warning, "tls: the certificate in {File} ends on {Expires:yyyy-MM-dd}; renew it")]
    private static partial void CertificateEnds(ILogger logger, string file, DateTimeOffset expires);
}

using Busbar.Admin;
using Busbar.Admin.Process;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Observability.Live;
using Busbar.Observability.Metrics;
using Busbar.Reliability;

namespace Busbar.Tests.Admin;

/// <summary>A gateway to administer that only remembers.</summary>
internal sealed class FakeGateway(GatewayConfig config, TimeProvider time) : IGatewayControl
{
    public GatewayConfig Config { get; set; } = config;

    public Fleet Fleet { get; } = Fleet.Create(config, time);

    public LiveView Live { get; } = new(new Metrics(), time);

    public List<string> Probed { get; } = [];

    public ConfigResult NextReload { get; set; } = new(config, []);

    public Task<ProbeOutcome> ProbeAsync(Lane lane)
    {
        Probed.Add(lane.Name);
        return Task.FromResult(new ProbeOutcome(false, 503, "ServerError"));
    }

    public ConfigResult Preview() => NextReload;

    public ConfigResult Reload() => NextReload;
}

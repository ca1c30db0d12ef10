using Busbar.Admin.Process;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Observability.Live;
using Busbar.Reliability;

namespace Busbar.Admin;

/// <summary>What the admin API needs of the gateway that it administers. Safe for use from several threads.</summary>
internal interface IGatewayControl
{
    /// <summary>The configuration in force.</summary>
    GatewayConfig Config { get; }

    /// <summary>Its lanes and pools.</summary>
    Fleet Fleet { get; }

    /// <summary>Calls a lane now, as its health check does, and tells its breakers.</summary>
    Task<ProbeOutcome> ProbeAsync(Lane lane);

    /// <summary>What just happened and is happening.</summary>
    LiveView Live { get; }

    /// <summary>Reads the configuration files as <see cref="Reload"/> does, and leaves everything as it is. Blocks.</summary>
    ConfigResult Preview();

    /// <summary>Reads the configuration files and puts them in force, or leaves the one in force where there are errors. Blocks.</summary>
    ConfigResult Reload();
}

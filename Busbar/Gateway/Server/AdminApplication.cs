using Busbar.Admin;
using Busbar.Admin.Process;
using Busbar.Gateway.Routing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway.Server;

/// <summary>
/// The admin API on a listener of its own: every request is for it. <paramref name="isLocal"/> where the listener lets in only who may do everything,
/// so that no token is asked for. <paramref name="tries"/> serves what an operator tries.
/// </summary>
internal sealed class AdminApplication(AdminApi api, Func<IFeatureCollection, Trial, Task> tries, bool isLocal = false)
    : IHttpApplication<IFeatureCollection>
{
    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public Task ProcessRequestAsync(IFeatureCollection context) => AdminEndpoint.ServeAsync(context, api, tries, isLocal).AsTask();

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }
}

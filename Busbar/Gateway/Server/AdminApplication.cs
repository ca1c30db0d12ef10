using Busbar.Admin;
using Busbar.Gateway.Routing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway.Server;

/// <summary>The admin API on a listener of its own: every request is for it.</summary>
internal sealed class AdminApplication(AdminApi api) : IHttpApplication<IFeatureCollection>
{
    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public Task ProcessRequestAsync(IFeatureCollection context) => AdminEndpoint.ServeAsync(context, api).AsTask();

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }
}

using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Reliability;

namespace Busbar.Gateway.Routing;

/// <summary>
/// Azure has OpenAI's own paths below <c>/openai</c> (its v1 API) and those of another vendor below its <see cref="Protocol.AzurePrefix"/> (AI
/// Foundry), which read like the name of a pool in front of a path.
/// </summary>
internal static class AzurePath
{
    private const string OpenAI = "openai";

    /// <summary><paramref name="route"/> without that prefix, unless something in <paramref name="fleet"/> is called so.</summary>
    public static RouteMatch Of(in RouteMatch route, Fleet fleet)
    {
        string? foundry = ProtocolTable.Get(route.Protocol).AzurePrefix;
        ReadOnlySpan<char> prefix = foundry is null ? OpenAI : foundry.AsSpan(1);
        if (route.Name is not { } name || !name.AsSpan().EndsWith(prefix, StringComparison.Ordinal)
            || (name.Length > prefix.Length && name[^(prefix.Length + 1)] != '/')
            || fleet.Resolve(name) is not null)
        {
            return route;
        }

        // Foundry's errors are those of the vendor.
        return route with
        {
            Name = name.Length == prefix.Length ? null : name[..^(prefix.Length + 1)],
            Platform = foundry is null ? Platform.Azure : route.Platform,
        };
    }
}

using Busbar.Ir;
using Busbar.Reliability;

namespace Busbar.Gateway.Routing;

/// <summary>Azure has OpenAI's own paths below <c>/openai</c> (its v1 API), which reads like the name of a pool in front of a path.</summary>
internal static class AzurePath
{
    private const string Prefix = "openai";

    /// <summary><paramref name="route"/> without that prefix, unless something in <paramref name="fleet"/> is called so.</summary>
    public static RouteMatch Of(in RouteMatch route, Fleet fleet)
    {
        if (route.Name is not { } name || !(name == Prefix || name.EndsWith("/" + Prefix, StringComparison.Ordinal))
            || fleet.Resolve(name) is not null)
        {
            return route;
        }

        return route with { Name = name.Length == Prefix.Length ? null : name[..^(Prefix.Length + 1)], Platform = Platform.Azure };
    }
}

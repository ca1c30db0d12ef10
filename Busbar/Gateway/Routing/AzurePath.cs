using Busbar.Ir;
using Busbar.Reliability;

namespace Busbar.Gateway.Routing;

/// <summary>
/// Azure has OpenAI's own paths below <c>/openai</c> (its v1 API) and Anthropic's below <c>/anthropic</c> (AI Foundry), which read like the name of a
/// pool in front of a path.
/// </summary>
internal static class AzurePath
{
    private const string OpenAI = "openai";
    private const string Foundry = "anthropic";

    /// <summary><paramref name="route"/> without that prefix, unless something in <paramref name="fleet"/> is called so.</summary>
    public static RouteMatch Of(in RouteMatch route, Fleet fleet)
    {
        string prefix = route.Protocol == ProtocolId.Anthropic ? Foundry : OpenAI;
        if (route.Name is not { } name || !name.EndsWith(prefix, StringComparison.Ordinal)
            || (name.Length > prefix.Length && name[^(prefix.Length + 1)] != '/')
            || fleet.Resolve(name) is not null)
        {
            return route;
        }

        // Foundry's errors are Anthropic's.
        return route with
        {
            Name = name.Length == prefix.Length ? null : name[..^(prefix.Length + 1)],
            Platform = prefix == OpenAI ? Platform.Azure : route.Platform,
        };
    }
}

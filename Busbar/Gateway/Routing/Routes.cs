using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Routing;

/// <summary>
/// Every path the gateway answers, those of the protocols and its own; <c>docs/endpoints.md</c> lists the same. The first pattern that fits
/// decides, and the methods of a path are those of the lines with that very pattern.
/// </summary>
internal static class Routes
{
    private static readonly Route[] Table =
    [
        .. Calls(hasHole: false),
        .. Calls(hasHole: true),

        new("GET", "{v}/models", GatewayEndpoint.ModelList, ProtocolTable.Usual.Id),
        new("GET", "{v}/models/{model}", GatewayEndpoint.Model, ProtocolTable.Usual.Id),
        new("POST", "{v}/models/{model}", GatewayEndpoint.NoAction, ProtocolTable.Usual.Id),

        new("GET", "/", GatewayEndpoint.Root),
        new("HEAD", "/", GatewayEndpoint.Root),

        // What HAProxy asks when its check names no path, and what vendors' clients ask before they begin, behind a name where the address has one.
        new("OPTIONS", "/", GatewayEndpoint.Root),
        .. Probes(),
        new("GET", "/healthz", GatewayEndpoint.Health),
        new("HEAD", "/healthz", GatewayEndpoint.Health),
        new("GET", "/livez", GatewayEndpoint.Live),
        new("HEAD", "/livez", GatewayEndpoint.Live),
        new("GET", "/stats", GatewayEndpoint.Stats),
        new("GET", "/metrics", GatewayEndpoint.Metrics),
    ];

    /// <summary>The lines, in order.</summary>
    public static IReadOnlyList<Route> All => Table;

    /// <summary>
    /// Matches a method and a raw path (still percent-encoded, without query); where nothing fits, what <see cref="PathRepair"/> makes of the path.
    /// </summary>
    public static RouteMatch Match(string method, ReadOnlySpan<char> path)
    {
        RouteMatch match = MatchExactly(method, path);
        if (match.Endpoint == GatewayEndpoint.None && PathRepair.Of(path) is { } meant)
        {
            RouteMatch repaired = MatchExactly(method, meant);
            return repaired.Endpoint == GatewayEndpoint.None ? match : repaired;
        }

        return match;
    }

    private static RouteMatch MatchExactly(string method, ReadOnlySpan<char> path)
    {
        Route? wrong = null;
        string? allow = null;
        foreach (Route route in Table)
        {
            if ((wrong is not null && wrong.Pattern != route.Pattern)
                || !route.Matches(path, out Range name, out Range model, out string? version, out bool isPublished))
            {
                continue;
            }

            if (route.Method == method)
            {
                string? named = PathRepair.NameWithoutVersion(Decode(path[name]));
                string? inPath = Decode(path[model]);

                // A deployment stands for the model of the body, as a name in front of a path does.
                return new RouteMatch(
                    route.Endpoint,
                    route.Protocol ?? ProtocolTable.Usual.Id,
                    route.Platform == Platform.Azure ? named ?? inPath : named,
                    route.Platform == Platform.Azure ? null : inPath,
                    route.Streams,
                    Operation: route.Operation,
                    Version: version,
                    Platform: isPublished ? Platform.Vertex : route.Platform);
            }

            wrong = route;
            if (route.Endpoint != GatewayEndpoint.NoAction)
            {
                allow = allow is null ? route.Method : $"{allow}, {route.Method}";
            }
        }

        ProtocolId guess = PathClassifier.Classify(path) ?? ProtocolTable.Usual.Id;
        return wrong is null ? new(GatewayEndpoint.None, guess) : new(GatewayEndpoint.WrongMethod, guess, Allow: allow);
    }

    // Those that match at their end alone come first: they cost least.
    private static IEnumerable<Route> Calls(bool hasHole)
    {
        foreach (Protocol protocol in ProtocolTable.All.ToArray())
        {
            foreach (ClientPath path in protocol.Paths)
            {
                if (path.Pattern.Contains('{') == hasHole)
                {
                    yield return new Route(
                        "POST",
                        path.Pattern,
                        path.Operation == Operation.Chat ? GatewayEndpoint.Chat : GatewayEndpoint.Auxiliary,
                        protocol.Id,
                        path.Operation,
                        path.Streams,
                        path.Platform);
                }
            }
        }
    }

    private static IEnumerable<Route> Probes()
    {
        foreach (Protocol protocol in ProtocolTable.All.ToArray())
        {
            foreach (string path in protocol.ProbePaths)
            {
                yield return new Route("GET", path, GatewayEndpoint.Root, protocol.Id);
                yield return new Route("HEAD", path, GatewayEndpoint.Root, protocol.Id);
            }
        }
    }

    private static string? Decode(ReadOnlySpan<char> part) =>
        part.IsEmpty ? null : part.Contains('%') ? Uri.UnescapeDataString(part) : part.ToString();
}

using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire;

namespace Busbar.Gateway.Admission;

/// <summary>What the paths of clouds ask of requests beyond their protocol, in the words in which the clouds refuse them.</summary>
internal static class PlatformRules
{
    /// <summary>What a body of <c>InvokeModel</c> is told that is no Messages body, where it must be one.</summary>
    public static GatewayError NoVersion { get; } = Malformed("required key [anthropic_version] not found");

    /// <summary>
    /// What is wrong with a request, whose body was scanned; null for nothing. A body of <c>InvokeModel</c> that is not Claude's is from then on one
    /// that only Bedrock itself understands.
    /// </summary>
    public static GatewayError? Objection(Exchange exchange)
    {
        RouteMatch route = exchange.Route;
        RequestScan scan = exchange.Scan;
        switch (route.Platform)
        {
            case Platform.Azure:
                return IsVersion(Uri.UnescapeDataString(QueryValue.Of(exchange.RawQuery, "api-version").ToString())) ? null
                    : new GatewayError(ErrorKind.NotFound, "Resource not found", Code: "404");
            case Platform.Vertex when exchange.Ingress.Traffic.StatesFrame && route.Operation == Operation.Chat && !scan.HasAnthropicVersion:
                return new GatewayError(ErrorKind.InvalidRequest, "anthropic_version: Field required");
            case Platform.BedrockInvoke when !scan.HasAnthropicVersion:
                exchange.Route = route with { Endpoint = GatewayEndpoint.Auxiliary, Operation = Operation.Invoke };
                exchange.Ingress = ProtocolTable.Get(route.Protocol);
                return null;
            case Platform.BedrockInvoke:
                return scan.Stream is not null ? Malformed("extraneous key [stream] is not permitted")
                    : !scan.Model.IsAbsent ? Malformed("extraneous key [model] is not permitted")
                    : null;
            default:
                return null;
        }
    }

    // Versions by date come and go; what is none can only be a mistake.
    private static bool IsVersion(string version)
    {
        const string Preview = "-preview";
        string date = version.EndsWith(Preview, StringComparison.Ordinal) ? version[..^Preview.Length] : version;
        return version is "" or "v1" or "preview" or "latest" || DateOnly.TryParseExact(date, "yyyy-MM-dd", out _);
    }

    private static GatewayError Malformed(string what) =>
        new(ErrorKind.InvalidRequest, $"Malformed input request: #: {what}, please reformat your input and try again.");
}

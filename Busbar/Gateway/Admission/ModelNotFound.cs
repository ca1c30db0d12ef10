using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Admission;

/// <summary>The 404s for models that are not there, or cannot do what was asked, in the words of the protocol's vendor.</summary>
internal static class ModelNotFound
{
    /// <summary>Nobody knows the model called <paramref name="name"/>.</summary>
    public static GatewayError Of(in RouteMatch route, ReadOnlySpan<char> name)
    {
        if (route.Platform == Platform.Azure)
        {
            return new GatewayError(
                ErrorKind.NotFound,
                "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a " +
                    "moment and try again.",
                Code: "DeploymentNotFound");
        }

        return NotFound(ProtocolTable.Get(route.Protocol).UnknownModel(IsPrintable(name) ? name : default, CallOf(route)));
    }

    /// <summary>The model exists, but nothing behind it can do what was asked.</summary>
    public static GatewayError Incapable(in RouteMatch route, string name) => route.Operation == Operation.Invoke ? PlatformRules.NoVersion
        : NotFound(ProtocolTable.Get(route.Protocol).IncapableModel(name, CallOf(route)));

    /// <summary>The path names no action after the model, or one that does not exist.</summary>
    public static GatewayError Action(in RouteMatch route)
    {
        string tail = route.Model ?? "";
        return ProtocolTable.Get(route.Protocol).UnknownMethod(tail, IsPrintable(tail), route.Version) is { } message ? NotFound(message)
            : new GatewayError(ErrorKind.NotFound, "The requested URL was not found.");
    }

    private static EgressCall CallOf(in RouteMatch route) => new(route.Operation, route.Streams, route.Version);

    private static GatewayError NotFound(string message) => new(ErrorKind.NotFound, message, Param: "model", Code: "model_not_found");

    // A long or unprintable name would be an echo of the request rather than a help.
    private static bool IsPrintable(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 128 && !name.ContainsAnyExceptInRange(' ', '~') && name.IndexOfAny('"', '<', '\\') < 0;
}

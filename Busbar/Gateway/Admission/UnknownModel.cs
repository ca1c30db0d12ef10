using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Admission;

/// <summary>The 404s for models that are not there, or cannot do what was asked, in the words of the protocol's vendor.</summary>
internal static class UnknownModel
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

        bool shown = IsPrintable(name);
        return route.Protocol == ProtocolId.Gemini
            ? Gemini(route, shown ? name : default, ActionOf(route))
            : NotFound(shown ? $"The model `{name}` does not exist or you do not have access to it."
                : "The requested model does not exist or you do not have access to it.");
    }

    /// <summary>The model exists, but nothing behind it can do what was asked.</summary>
    public static GatewayError Incapable(in RouteMatch route, string name) =>
        route.Operation == Operation.Invoke ? PlatformRules.NoVersion
        : route.Protocol == ProtocolId.Gemini ? Gemini(route, name, ActionOf(route))
        : NotFound($"The model `{name}` does not support this operation.");

    /// <summary>The path names no action after the model, or one that does not exist.</summary>
    public static GatewayError Action(in RouteMatch route)
    {
        if (route.Protocol != ProtocolId.Gemini)
        {
            return new GatewayError(ErrorKind.NotFound, "The requested URL was not found.");
        }

        string tail = route.Model ?? "";
        int colon = tail.LastIndexOf(':');
        bool shown = IsPrintable(tail);
        return colon <= 0
            ? Gemini(route, shown ? tail : default, "generateContent")
            : Gemini(route, shown ? tail.AsSpan(0, colon) : default, shown && colon + 1 < tail.Length ? tail[(colon + 1)..] : "this method");
    }

    private static GatewayError Gemini(in RouteMatch route, ReadOnlySpan<char> name, string action) => NotFound(
        $"{(name.IsEmpty ? "The model" : $"models/{name}")} is not found for API version {route.Version?[1..] ?? "v1beta"}, or is not supported " +
            $"for {action}. "
        + "Call ListModels to see the list of available models and their supported methods.");

    private static GatewayError NotFound(string message) => new(ErrorKind.NotFound, message, Param: "model", Code: "model_not_found");

    private static string ActionOf(in RouteMatch route) => route.Operation switch
    {
        Operation.CountTokens => "countTokens",
        Operation.Embed => "embedContent",
        Operation.BatchEmbed => "batchEmbedContents",
        _ => route.Streams ? "streamGenerateContent" : "generateContent",
    };

    // A long or unprintable name would be an echo of the request rather than a help.
    private static bool IsPrintable(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 128 && !name.ContainsAnyExceptInRange(' ', '~') && name.IndexOfAny('"', '<', '\\') < 0;
}

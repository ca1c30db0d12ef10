using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Routing;

/// <summary>What a request's path says.</summary>
/// <param name="Endpoint">Where it leads.</param>
/// <param name="Protocol">The protocol to answer in, errors included; guessed from the path where no route matched.</param>
/// <param name="Name">The pool or model named by a leading path part, decoded; null when there is none.</param>
/// <param name="Model">The model named inside the path (Gemini, Bedrock), decoded once; null when there is none.</param>
/// <param name="Streams">The path asks for a stream.</param>
/// <param name="Allow">Value of the <c>Allow</c> header for <see cref="GatewayEndpoint.WrongMethod"/>; null otherwise.</param>
/// <param name="Operation">What is asked of the model.</param>
/// <param name="Version">API version that the path begins with, with its slash (<c>/v1beta</c>); null where the pattern has none or the path leaves
/// it out.</param>
/// <param name="Platform">The cloud whose clients have such paths.</param>
internal readonly record struct RouteMatch(
    GatewayEndpoint Endpoint,
    ProtocolId Protocol,
    string? Name = null,
    string? Model = null,
    bool Streams = false,
    string? Allow = null,
    Operation Operation = Operation.Chat,
    string? Version = null,
    Platform Platform = Platform.None);

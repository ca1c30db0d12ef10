using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Request;
using Busbar.Reliability;
using Busbar.Upstream;
using Busbar.Wire;

namespace Busbar.Gateway.Admission;

/// <summary>
/// How long one candidate of an answer may become at any lane that may give it. The limit is not always the client's: translation sets one where the provider demands it,
/// leaves room in it for thinking, and lifts one that is below what the provider takes.
/// </summary>
internal static class OutputBound
{
    /// <summary>Output tokens; a guess at lanes that get no limit, the bound at all others.</summary>
    public static long Of(Exchange exchange, PoolReach reach, in OutputLimit limit)
    {
        Reasoning? reasoning = null;
        long most = 0;
        foreach (Lane lane in reach.Lanes)
        {
            UpstreamEndpoint endpoint = exchange.Snapshot.EndpointOf(lane);
            long bound = limit.Tokens ?? endpoint.Target.DefaultMaxTokens;
            if (endpoint.Protocol != exchange.Ingress)
            {
                bound = endpoint.Protocol.Id switch
                {
                    ProtocolId.Anthropic when limit.Tokens is null => ReasoningRule.LimitWithThinking(reasoning ??= ReasoningOf(exchange), endpoint.Target),
                    ProtocolId.Responses when limit.Tokens is not null => Math.Max(bound, Protocols.Responses.RequestWriter.LeastMaxTokens),
                    _ => bound,
                };
            }

            most = Math.Max(most, bound);
        }

        return most;
    }

    // A body that cannot be read is refused later, and costs nothing.
    private static Reasoning ReasoningOf(Exchange exchange)
    {
        using ChatRequest request = ChatRequest.Rent();
        return exchange.Ingress.ReadRequest(exchange.Body!.Memory, JsonText.From(exchange.Route.Model), exchange.Streams, request) is null ? request.Reasoning : default;
    }
}

using Busbar.Gateway.Attempts;
using Busbar.Gateway.Memory;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Request;
using Busbar.Reliability;
using Busbar.Upstream;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Admission;

/// <summary>
/// How long one candidate of an answer may become at any lane that may give it. The limit is not always the client's: translation sets one where the
/// provider demands it, leaves room in it for thinking, lifts one that is below what the provider takes, and passes over one that it cannot read.
/// Where a provider gets none, the model's own maximum stands in for it.
/// </summary>
internal static class OutputBound
{
    /// <summary>Output tokens. <paramref name="isGuess"/> where a lane gets no limit and the maximum of its model is not known.</summary>
    public static long Of(Exchange exchange, FallbackChain chain, in OutputLimit limit, out bool isGuess)
    {
        Reasoning? reasoning = null;
        long most = 0;
        isGuess = false;
        foreach (Lane lane in chain.Lanes)
        {
            UpstreamEndpoint endpoint = exchange.Snapshot.EndpointOf(lane);
            bool isTranslated = endpoint.Protocol.Id != exchange.Ingress.Id;
            long? asked = isTranslated ? limit.Translated : limit.Tokens;
            if (isTranslated && endpoint.Protocol.Output.IsRequired && asked is null)
            {
                asked = ReasoningRule.LimitWithThinking(reasoning ??= ReasoningOf(exchange), endpoint.Target);
            }
            else if (isTranslated && asked is { } little)
            {
                asked = Math.Max(little, endpoint.Protocol.Output.Min);
            }

            long? bound = asked ?? endpoint.Target.MaxOutputTokens;
            isGuess |= bound is null;
            most = Math.Max(most, bound ?? endpoint.Target.DefaultMaxTokens);
        }

        return most;
    }

    // A body that cannot be read is refused later, and costs nothing; so is one that is too much to read.
    private static Reasoning ReasoningOf(Exchange exchange)
    {
        PooledBuffer body = exchange.Body!;
        long room = Expansion.Of(body.Span, exchange.Scan);
        if (!exchange.Memory.TryTake(room))
        {
            throw new OverloadException();
        }

        try
        {
            using ChatRequest request = ChatRequest.Rent();
            request.Charge(new Allowance(body.Length, exchange.ClientGone));
            return exchange.Ingress.ReadRequest(body.Memory, JsonText.From(exchange.Route.Model), exchange.Streams, request) is null
                ? request.Reasoning : default;
        }
        catch (AllowanceException)
        {
            return default;
        }
        finally
        {
            exchange.Memory.Release(room);
        }
    }
}

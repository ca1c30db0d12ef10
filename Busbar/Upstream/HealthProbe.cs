using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Upstream;

/// <summary>The smallest call of a model that shows whether it answers: one word in, a few tokens out (control plane, 6.8).</summary>
internal static class HealthProbe
{
    // Responses refuses less than 16, and reasoning models elsewhere refuse an output that has no room for a thought.
    private const int MaxTokens = 16;

    /// <summary>Writes the body in the words of the protocol that <paramref name="endpoint"/> speaks.</summary>
    public static void WriteBody(UpstreamEndpoint endpoint, PooledBuffer output)
    {
        using ChatRequest request = ChatRequest.Rent();
        request.Source = endpoint.Protocol.Id;
        request.MaxTokens = MaxTokens;
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From("ping")));
        Losses losses = default;
        endpoint.Protocol.WriteRequest(request, endpoint.Target, new JsonWriter(output), ref losses);
    }

    /// <summary>The request, with address, headers and credential of any other. <paramref name="body"/> must outlive it.</summary>
    public static UpstreamRequest NewRequest(UpstreamEndpoint endpoint, PooledBuffer body)
    {
        UpstreamRequest request = endpoint.NewRequest(new SplicedBody(body.Memory), new EgressCall(Operation.Chat), default);
        endpoint.AddDefaultHeaders(request);
        return request;
    }
}

using Busbar.Gateway.Attempts;
using Busbar.Gateway.Memory;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Reliability;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>Answers a token count that no lane could give: with an estimate, in the client's own shape.</summary>
internal static class TokenCount
{
    /// <summary>Writes the estimate for the dearest of the protocols behind <paramref name="pool"/>, or what is wrong with the request.</summary>
    public static async ValueTask EstimateAsync(Exchange exchange, Pool pool, RequestLog log)
    {
        await exchange.Memory.TakeAsync(Expansion.Of(exchange.Body!.Span, exchange.Scan), exchange.ClientGone).ConfigureAwait(false);
        await exchange.Work.TakeAsync(exchange, exchange.BodyLength).ConfigureAwait(false);
        if (Estimate(exchange, pool, out long tokens) is { } refusal)
        {
            await ErrorReply.WriteAsync(exchange, refusal).ConfigureAwait(false);
            return;
        }

        log.Estimated(exchange, pool);
        using var body = new PooledBuffer(128);
        exchange.Ingress.WriteCount(tokens, new JsonWriter(body));
        HeaderPolicy.NameRequest(exchange);
        exchange.ResponseHeaders.ContentType = "application/json";
        exchange.ResponseHeaders.ContentLength = body.Length;
        exchange.Outcome = Outcome.Ok;
        exchange.MarkHeaders();
        await ClientOutput.WriteAsync(exchange, body.Memory).ConfigureAwait(false);
    }

    private static GatewayError? Estimate(Exchange exchange, Pool pool, out long tokens)
    {
        tokens = 0;
        ReadOnlyMemory<byte> conversation = exchange.Ingress.ReadCountRequest(exchange.Body!.Memory, out bool isInvoked);
        if (conversation.IsEmpty)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Only conversations can be counted with this model.");
        }

        using ChatRequest request = ChatRequest.Rent();
        request.Charge(new Allowance(conversation.Length, exchange.ClientGone));
        Protocol reader = isInvoked ? ProtocolTable.Invoked : exchange.Ingress;
        if (reader.ReadRequest(conversation, JsonText.From(pool.Name), stream: false, request) is { } unreadable)
        {
            return unreadable;
        }

        if (request.VendorState is { } state)
        {
            return new GatewayError(ErrorKind.InvalidRequest, $"The parameter '{state}' is not supported with this model.", Param: state);
        }

        foreach (PoolMember member in pool.Members)
        {
            tokens = Math.Max(tokens, TokenEstimate.Of(request, member.Lane.Provider.Protocol));
        }

        return null;
    }
}

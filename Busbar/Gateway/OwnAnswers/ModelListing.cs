using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>
/// Answers the <c>/models</c> paths: pools, then models, each sorted, a name that is both once.
/// </summary>
internal static class ModelListing
{
    /// <summary>Writes the list, or the entry that the path names.</summary>
    public static async ValueTask ServeAsync(Exchange exchange)
    {
        Fleet fleet = exchange.Snapshot.Fleet;
        CallerIdentity caller = exchange.Caller;
        if (exchange.Route.Name is { } name && !(fleet.Resolve(name) is { } front && KeyGate.Shows(caller, front)))
        {
            await ErrorReply.WriteAsync(exchange, ModelNotFound.Of(exchange.Route, name)).ConfigureAwait(false);
            return;
        }

        using var body = new PooledBuffer(1024);
        var output = new JsonWriter(body);
        if (exchange.Route.Endpoint == GatewayEndpoint.ModelList)
        {
            IReadOnlyList<Pool> models = [.. Of(fleet).Where(model => KeyGate.Shows(caller, model))];
            if (QueryValue.Of(exchange.RawQuery, "client_version").IsEmpty)
            {
                ProtocolTable.Get(exchange.Route.Protocol).WriteModels([.. models.Select(Listed)], output);
            }
            else
            {
                CodexModels.Write(models, output);
            }
        }
        else if (fleet.Resolve(exchange.Route.Model) is { } pool && KeyGate.Shows(caller, pool))
        {
            output.StartObject();
            ProtocolTable.Get(exchange.Route.Protocol).WriteModel(Listed(pool), output);
            output.EndObject();
        }
        else
        {
            await ErrorReply.WriteAsync(exchange, ModelNotFound.Of(exchange.Route, exchange.Route.Model)).ConfigureAwait(false);
            return;
        }

        HeaderPolicy.NameRequest(exchange);
        exchange.ResponseHeaders.ContentType = "application/json";
        exchange.ResponseHeaders.ContentLength = body.Length;
        await ClientOutput.WriteAsync(exchange, body.Memory).ConfigureAwait(false);
    }

    /// <summary>What clients may call, in the order of the list.</summary>
    public static IReadOnlyList<Pool> Of(Fleet fleet) =>
    [
        .. fleet.Pools.OrderBy(pool => pool.Name, StringComparer.Ordinal),
        .. fleet.Direct.Where(model => fleet.ForPool(model.Name) is null).OrderBy(model => model.Name, StringComparer.Ordinal),
    ];

    private static ListedModel Listed(Pool model) => new(model.Name, ContextOf(model));

    /// <summary>
    /// Largest input of <paramref name="pool"/> in tokens; null when unknown. What fits into the largest lane fits: longer requests fail over to it.
    /// </summary>
    public static long? ContextOf(Pool pool)
    {
        long? largest = null;
        foreach (PoolMember member in pool.Members)
        {
            if (member.ContextMax > (largest ?? 0))
            {
                largest = member.ContextMax;
            }
        }

        return largest;
    }
}

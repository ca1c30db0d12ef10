using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Wire;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>
/// Answers the <c>/models</c> paths: pools, then models, each sorted, a name that is both once. When a model was released is unknown here, for which
/// the vendors use the epoch.
/// </summary>
internal static class ModelListing
{
    private static readonly JsonText[] GeminiMethods = [JsonText.From("generateContent"), JsonText.From("streamGenerateContent"), JsonText.From("countTokens")];

    /// <summary>Writes the list, or the entry that the path names.</summary>
    public static async ValueTask ServeAsync(Exchange exchange)
    {
        Fleet fleet = exchange.Snapshot.Fleet;
        CallerIdentity caller = exchange.Caller;
        if (exchange.Route.Name is { } name && !(fleet.Resolve(name) is { } front && KeyGate.Shows(caller, front)))
        {
            await ErrorReply.WriteAsync(exchange, UnknownModel.Of(exchange.Route, name)).ConfigureAwait(false);
            return;
        }

        using var body = new PooledBuffer(1024);
        var output = new JsonWriter(body);
        if (exchange.Route.Endpoint == GatewayEndpoint.ModelList)
        {
            IReadOnlyList<Pool> models = [.. Of(fleet).Where(model => KeyGate.Shows(caller, model))];
            if (QueryValue.Of(exchange.RawQuery, "client_version").IsEmpty)
            {
                WriteList(exchange.Route.Protocol, models, output);
            }
            else
            {
                CodexModels.Write(models, output);
            }
        }
        else if (fleet.Resolve(exchange.Route.Model) is { } pool && KeyGate.Shows(caller, pool))
        {
            WriteModel(exchange.Route.Protocol, pool, output);
        }
        else
        {
            await ErrorReply.WriteAsync(exchange, UnknownModel.Of(exchange.Route, exchange.Route.Model)).ConfigureAwait(false);
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

    /// <summary>Writes all of <paramref name="models"/> in the shape of <paramref name="protocol"/> (Anthropic, Gemini, Cohere, else OpenAI).</summary>
    public static void WriteList(ProtocolId protocol, IReadOnlyList<Pool> models, JsonWriter output)
    {
        output.StartObject();
        if (protocol is not (ProtocolId.Anthropic or ProtocolId.Gemini or ProtocolId.Cohere))
        {
            output.Literal("object"u8, "list"u8);
        }

        output.StartArray(protocol is ProtocolId.Gemini or ProtocolId.Cohere ? "models"u8 : "data"u8);
        foreach (Pool model in models)
        {
            WriteModel(protocol, model, output);
        }

        output.EndArray();
        if (protocol == ProtocolId.Anthropic)
        {
            output.Bool("has_more"u8, false);
            WriteId("first_id"u8, models.Count > 0 ? models[0] : null, output);
            WriteId("last_id"u8, models.Count > 0 ? models[^1] : null, output);
        }

        output.EndObject();
    }

    /// <summary>Writes one entry.</summary>
    public static void WriteModel(ProtocolId protocol, Pool model, JsonWriter output)
    {
        output.StartObject();
        switch (protocol)
        {
            case ProtocolId.Anthropic:
                WriteAnthropic(model, output);
                break;
            case ProtocolId.Gemini:
                WriteGemini(model, output);
                break;
            case ProtocolId.Cohere:
                WriteCohere(model, output);
                break;
            default:
                output.String("id"u8, model.Name);
                output.Literal("object"u8, "model"u8);
                output.Number("created"u8, 0);
                output.Literal("owned_by"u8, "system"u8);
                break;
        }

        output.EndObject();
    }

    // All keys of the vendor's ModelInfo, null where nothing is known.
    private static void WriteAnthropic(Pool model, JsonWriter output)
    {
        output.Literal("type"u8, "model"u8);
        output.String("id"u8, model.Name);
        output.String("display_name"u8, model.Name);
        output.Literal("created_at"u8, "1970-01-01T00:00:00Z"u8);
        output.Null("capabilities"u8);
        output.Literal("lifecycle"u8, "active"u8);
        output.Null("line"u8);
        if (ContextOf(model) is { } context)
        {
            output.Number("max_input_tokens"u8, context);
        }
        else
        {
            output.Null("max_input_tokens"u8);
        }

        output.Null("max_tokens"u8);
        output.Null("deprecated_at"u8);
        output.Null("retires_at"u8);
    }

    private static void WriteGemini(Pool model, JsonWriter output)
    {
        output.String("name"u8, "models/" + model.Name);
        output.String("displayName"u8, model.Name);
        if (ContextOf(model) is { } context)
        {
            output.Number("inputTokenLimit"u8, context);
        }

        output.StartArray("supportedGenerationMethods"u8);
        foreach (JsonText method in GeminiMethods)
        {
            output.Text(method);
        }

        output.EndArray();
    }

    // https://docs.cohere.com/reference/list-models
    private static void WriteCohere(Pool model, JsonWriter output)
    {
        output.String("name"u8, model.Name);
        output.StartArray("endpoints"u8);
        output.Text(JsonText.From("chat"));
        output.EndArray();
        output.Bool("finetuned"u8, false);
        if (ContextOf(model) is { } context)
        {
            output.Number("context_length"u8, context);
        }

        output.StartArray("default_endpoints"u8);
        output.EndArray();
    }

    private static void WriteId(ReadOnlySpan<byte> name, Pool? model, JsonWriter output)
    {
        if (model is null)
        {
            output.Null(name);
        }
        else
        {
            output.String(name, model.Name);
        }
    }

    /// <summary>Largest input of <paramref name="pool"/> in tokens; null when unknown. What fits into the largest lane fits: longer requests fail over to it.</summary>
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

using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway;

/// <summary>
/// Every path the gateway answers, one line each; <c>docs/endpoints.md</c> lists the same. The first pattern that fits decides, and the methods of
/// a path are those of the lines with that very pattern.
/// </summary>
internal static class Routes
{
    private static readonly Route[] Table =
    [
        new("POST", "/v1/chat/completions", Endpoint.Chat, ProtocolId.OpenAI),
        new("POST", "/v1/messages", Endpoint.Chat, ProtocolId.Anthropic),
        new("POST", "/v1/responses", Endpoint.Chat, ProtocolId.Responses),
        new("POST", "/v2/chat", Endpoint.Chat, ProtocolId.Cohere),
        new("POST", "/model/{model}/converse", Endpoint.Chat, ProtocolId.Bedrock),
        new("POST", "/model/{model}/converse-stream", Endpoint.Chat, ProtocolId.Bedrock, streams: true),
        new("POST", "{v}/models/{model}:generateContent", Endpoint.Chat, ProtocolId.Gemini),
        new("POST", "{v}/models/{model}:streamGenerateContent", Endpoint.Chat, ProtocolId.Gemini, streams: true),

        new("POST", "/v1/messages/count_tokens", Endpoint.Auxiliary, ProtocolId.Anthropic, Operation.CountTokens),
        new("POST", "/v1/responses/input_tokens", Endpoint.Auxiliary, ProtocolId.Responses, Operation.CountTokens),
        new("POST", "{v}/models/{model}:countTokens", Endpoint.Auxiliary, ProtocolId.Gemini, Operation.CountTokens),
        new("POST", "/model/{model}/count-tokens", Endpoint.Auxiliary, ProtocolId.Bedrock, Operation.CountTokens),
        new("POST", "/v1/responses/compact", Endpoint.Auxiliary, ProtocolId.Responses, Operation.Compact),

        new("POST", "/v1/embeddings", Endpoint.Auxiliary, ProtocolId.OpenAI, Operation.Embed),
        new("POST", "/v2/embed", Endpoint.Auxiliary, ProtocolId.Cohere, Operation.Embed),
        new("POST", "{v}/models/{model}:embedContent", Endpoint.Auxiliary, ProtocolId.Gemini, Operation.Embed),
        new("POST", "{v}/models/{model}:batchEmbedContents", Endpoint.Auxiliary, ProtocolId.Gemini, Operation.BatchEmbed),

        new("GET", "{v}/models", Endpoint.ModelList, ProtocolId.OpenAI),
        new("GET", "{v}/models/{model}", Endpoint.Model, ProtocolId.OpenAI),
        new("POST", "{v}/models/{model}", Endpoint.NoAction, ProtocolId.OpenAI),

        new("GET", "/", Endpoint.Root),
        new("HEAD", "/", Endpoint.Root),
        new("GET", "/healthz", Endpoint.Health),
        new("HEAD", "/healthz", Endpoint.Health),
        new("GET", "/livez", Endpoint.Live),
        new("HEAD", "/livez", Endpoint.Live),
        new("GET", "/stats", Endpoint.Stats),
        new("GET", "/metrics", Endpoint.Metrics),
    ];

    /// <summary>The lines, in order.</summary>
    public static IReadOnlyList<Route> All => Table;

    /// <summary>Matches a method and a raw path (still percent-encoded, without query).</summary>
    public static RouteMatch Match(string method, ReadOnlySpan<char> path)
    {
        Route? wrong = null;
        string? allow = null;
        foreach (Route route in Table)
        {
            if ((wrong is not null && wrong.Pattern != route.Pattern) || !route.Matches(path, out Range name, out Range model, out string? version))
            {
                continue;
            }

            if (route.Method == method)
            {
                return new RouteMatch(
                    route.Endpoint,
                    route.Protocol ?? ProtocolId.OpenAI,
                    Decode(path[name]),
                    Decode(path[model]),
                    route.Streams,
                    Operation: route.Operation,
                    Version: version);
            }

            wrong = route;
            if (route.Endpoint != Endpoint.NoAction)
            {
                allow = allow is null ? route.Method : $"{allow}, {route.Method}";
            }
        }

        ProtocolId guess = PathClassifier.Classify(path);
        return wrong is null ? new(Endpoint.None, guess) : new(Endpoint.WrongMethod, guess, Allow: allow);
    }

    private static string? Decode(ReadOnlySpan<char> part) =>
        part.IsEmpty ? null : part.Contains('%') ? Uri.UnescapeDataString(part) : part.ToString();
}

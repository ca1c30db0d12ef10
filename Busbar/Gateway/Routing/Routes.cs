using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Routing;

/// <summary>
/// Every path the gateway answers, one line each; <c>docs/endpoints.md</c> lists the same. The first pattern that fits decides, and the methods of
/// a path are those of the lines with that very pattern.
/// </summary>
internal static class Routes
{
    private static readonly Route[] Table =
    [
        new("POST", "/v1/chat/completions", GatewayEndpoint.Chat, ProtocolId.OpenAI),
        new("POST", "/v1/messages", GatewayEndpoint.Chat, ProtocolId.Anthropic),
        new("POST", "/v1/responses", GatewayEndpoint.Chat, ProtocolId.Responses),
        new("POST", "/v2/chat", GatewayEndpoint.Chat, ProtocolId.Cohere),
        new("POST", "/model/{model}/converse", GatewayEndpoint.Chat, ProtocolId.Bedrock),
        new("POST", "/model/{model}/converse-stream", GatewayEndpoint.Chat, ProtocolId.Bedrock, streams: true),
        new("POST", "/model/{model}/invoke", GatewayEndpoint.Chat, ProtocolId.Bedrock, platform: Platform.BedrockInvoke),
        new("POST", "/model/{model}/invoke-with-response-stream", GatewayEndpoint.Chat, ProtocolId.Bedrock, streams: true,
            platform: Platform.BedrockInvoke),
        new("POST", "{v}{google}/models/{model}:generateContent", GatewayEndpoint.Chat, ProtocolId.Gemini),
        new("POST", "{v}{google}/models/{model}:streamGenerateContent", GatewayEndpoint.Chat, ProtocolId.Gemini, streams: true),
        new("POST", "{v}{anthropic}/models/count-tokens:rawPredict", GatewayEndpoint.Auxiliary, ProtocolId.Anthropic, Operation.CountTokens),
        new("POST", "{v}{anthropic}/models/{model}:rawPredict", GatewayEndpoint.Chat, ProtocolId.Anthropic),
        new("POST", "{v}{anthropic}/models/{model}:streamRawPredict", GatewayEndpoint.Chat, ProtocolId.Anthropic, streams: true),
        new("POST", "/openai/deployments/{model}/chat/completions", GatewayEndpoint.Chat, ProtocolId.OpenAI, platform: Platform.Azure),
        new("POST", "/openai/responses", GatewayEndpoint.Chat, ProtocolId.Responses, platform: Platform.Azure),

        new("POST", "/v1/messages/count_tokens", GatewayEndpoint.Auxiliary, ProtocolId.Anthropic, Operation.CountTokens),
        new("POST", "/v1/responses/input_tokens", GatewayEndpoint.Auxiliary, ProtocolId.Responses, Operation.CountTokens),
        new("POST", "{v}{google}/models/{model}:countTokens", GatewayEndpoint.Auxiliary, ProtocolId.Gemini, Operation.CountTokens),
        new("POST", "/model/{model}/count-tokens", GatewayEndpoint.Auxiliary, ProtocolId.Bedrock, Operation.CountTokens),
        new("POST", "/v1/responses/compact", GatewayEndpoint.Auxiliary, ProtocolId.Responses, Operation.Compact),

        new("POST", "/v1/embeddings", GatewayEndpoint.Auxiliary, ProtocolId.OpenAI, Operation.Embed),
        new("POST", "/openai/deployments/{model}/embeddings", GatewayEndpoint.Auxiliary, ProtocolId.OpenAI, Operation.Embed,
            platform: Platform.Azure),
        new("POST", "/v2/embed", GatewayEndpoint.Auxiliary, ProtocolId.Cohere, Operation.Embed),
        new("POST", "{v}{google}/models/{model}:embedContent", GatewayEndpoint.Auxiliary, ProtocolId.Gemini, Operation.Embed),
        new("POST", "{v}{google}/models/{model}:batchEmbedContents", GatewayEndpoint.Auxiliary, ProtocolId.Gemini, Operation.BatchEmbed),

        new("GET", "{v}/models", GatewayEndpoint.ModelList, ProtocolId.OpenAI),
        new("GET", "{v}/models/{model}", GatewayEndpoint.Model, ProtocolId.OpenAI),
        new("POST", "{v}/models/{model}", GatewayEndpoint.NoAction, ProtocolId.OpenAI),

        new("GET", "/", GatewayEndpoint.Root),
        new("HEAD", "/", GatewayEndpoint.Root),

        // What HAProxy asks when its check names no path, and what Claude Code asks before it begins, behind a name where its address has one.
        new("OPTIONS", "/", GatewayEndpoint.Root),
        new("GET", "/api/hello", GatewayEndpoint.Root, ProtocolId.Anthropic),
        new("HEAD", "/api/hello", GatewayEndpoint.Root, ProtocolId.Anthropic),
        new("GET", "/healthz", GatewayEndpoint.Health),
        new("HEAD", "/healthz", GatewayEndpoint.Health),
        new("GET", "/livez", GatewayEndpoint.Live),
        new("HEAD", "/livez", GatewayEndpoint.Live),
        new("GET", "/stats", GatewayEndpoint.Stats),
        new("GET", "/metrics", GatewayEndpoint.Metrics),
    ];

    /// <summary>The lines, in order.</summary>
    public static IReadOnlyList<Route> All => Table;

    /// <summary>
    /// Matches a method and a raw path (still percent-encoded, without query); where nothing fits, what <see cref="PathRepair"/> makes of the path.
    /// </summary>
    public static RouteMatch Match(string method, ReadOnlySpan<char> path)
    {
        RouteMatch match = MatchExactly(method, path);
        if (match.Endpoint == GatewayEndpoint.None && PathRepair.Of(path) is { } meant)
        {
            RouteMatch repaired = MatchExactly(method, meant);
            return repaired.Endpoint == GatewayEndpoint.None ? match : repaired;
        }

        return match;
    }

    private static RouteMatch MatchExactly(string method, ReadOnlySpan<char> path)
    {
        Route? wrong = null;
        string? allow = null;
        foreach (Route route in Table)
        {
            if ((wrong is not null && wrong.Pattern != route.Pattern)
                || !route.Matches(path, out Range name, out Range model, out string? version, out bool isPublished))
            {
                continue;
            }

            if (route.Method == method)
            {
                string? named = PathRepair.NameWithoutVersion(Decode(path[name]));
                string? inPath = Decode(path[model]);

                // A deployment stands for the model of the body, as a name in front of a path does.
                return new RouteMatch(
                    route.Endpoint,
                    route.Protocol ?? ProtocolId.OpenAI,
                    route.Platform == Platform.Azure ? named ?? inPath : named,
                    route.Platform == Platform.Azure ? null : inPath,
                    route.Streams,
                    Operation: route.Operation,
                    Version: version,
                    Platform: isPublished ? Platform.Vertex : route.Platform);
            }

            wrong = route;
            if (route.Endpoint != GatewayEndpoint.NoAction)
            {
                allow = allow is null ? route.Method : $"{allow}, {route.Method}";
            }
        }

        ProtocolId guess = PathClassifier.Classify(path) ?? ProtocolId.OpenAI;
        return wrong is null ? new(GatewayEndpoint.None, guess) : new(GatewayEndpoint.WrongMethod, guess, Allow: allow);
    }

    private static string? Decode(ReadOnlySpan<char> part) =>
        part.IsEmpty ? null : part.Contains('%') ? Uri.UnescapeDataString(part) : part.ToString();
}

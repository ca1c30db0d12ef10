using Busbar.Ir;

namespace Busbar.Gateway;

/// <summary>Every path the gateway answers, one line each. The first match wins.</summary>
internal static class Routes
{
    private static readonly Route[] Table =
    [
        new("GET", "/", Endpoint.Root),
        new("HEAD", "/", Endpoint.Root),
        new("GET", "/healthz", Endpoint.Health),
        new("GET", "/livez", Endpoint.Live),
        new("GET", "/stats", Endpoint.Stats),
        new("GET", "/metrics", Endpoint.Metrics),

        new("POST", "/v1/chat/completions", Endpoint.Chat, ProtocolId.OpenAI),
        new("POST", "/v1/messages", Endpoint.Chat, ProtocolId.Anthropic),
        new("POST", "/v1/responses", Endpoint.Chat, ProtocolId.Responses),
        new("POST", "/v2/chat", Endpoint.Chat, ProtocolId.Cohere),
        new("POST", "/model/{model}/converse", Endpoint.Chat, ProtocolId.Bedrock),
        new("POST", "/model/{model}/converse-stream", Endpoint.Chat, ProtocolId.Bedrock, streams: true),
        new("POST", "/v1beta/models/{model}:generateContent", Endpoint.Chat, ProtocolId.Gemini),
        new("POST", "/v1beta/models/{model}:streamGenerateContent", Endpoint.Chat, ProtocolId.Gemini, streams: true),
        new("POST", "/v1/models/{model}:generateContent", Endpoint.Chat, ProtocolId.Gemini),
        new("POST", "/v1/models/{model}:streamGenerateContent", Endpoint.Chat, ProtocolId.Gemini, streams: true),
    ];

    /// <summary>Matches a method and a raw path (still percent-encoded, without query).</summary>
    public static RouteMatch Match(string method, ReadOnlySpan<char> path)
    {
        string? allow = null;
        foreach (Route route in Table)
        {
            if (!route.Matches(path, out Range name, out Range model))
            {
                continue;
            }

            if (route.Method != method)
            {
                allow = allow is null ? route.Method : $"{allow}, {route.Method}";
                continue;
            }

            return new RouteMatch(
                route.Endpoint,
                route.Protocol ?? ProtocolId.OpenAI,
                Decode(path[name]),
                Decode(path[model]),
                route.Streams);
        }

        ProtocolId guess = PathClassifier.Classify(path);
        return allow is null ? new(Endpoint.None, guess) : new(Endpoint.WrongMethod, guess, Allow: allow);
    }

    private static string? Decode(ReadOnlySpan<char> part) =>
        part.IsEmpty ? null : part.Contains('%') ? Uri.UnescapeDataString(part) : part.ToString();
}

using Busbar.Ir;

namespace Busbar.Protocols.Anthropic;

/// <summary>Where clients of Messages call, at the vendor and on Vertex AI.</summary>
internal static class ClientPaths
{
    /// <summary>The paths; the first that fits decides.</summary>
    public static readonly ClientPath[] All =
    [
        new("/v1/messages"),
        new("/v1/messages/count_tokens", Operation.CountTokens),
        new("{v}{anthropic}/models/count-tokens:rawPredict", Operation.CountTokens),
        new("{v}{anthropic}/models/{model}:rawPredict"),
        new("{v}{anthropic}/models/{model}:streamRawPredict", streams: true),
    ];

    /// <summary>What others look like.</summary>
    public static readonly PathMarks Marks = new()
    {
        Verbs = [":rawPredict", ":streamRawPredict"], Tails = ["/v1/messages", "/v1/messages/count_tokens"],
    };
}

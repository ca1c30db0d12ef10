using Busbar.Ir;

namespace Busbar.Protocols.Responses;

/// <summary>Where clients of Responses call, at OpenAI and at Azure.</summary>
internal static class ClientPaths
{
    /// <summary>The paths; the first that fits decides.</summary>
    public static readonly ClientPath[] All =
    [
        new("/v1/responses"),
        new("/openai/responses", platform: Platform.Azure),
        new("/v1/responses/input_tokens", Operation.CountTokens),
        new("/v1/responses/compact", Operation.Compact),
    ];

    /// <summary>What others look like.</summary>
    public static readonly PathMarks Marks = new()
    {
        Tails = ["/v1/responses", "/v1/responses/input_tokens", "/v1/responses/compact", "/openai/responses"],
    };
}

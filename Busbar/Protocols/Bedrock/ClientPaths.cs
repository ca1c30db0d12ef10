using Busbar.Ir;

namespace Busbar.Protocols.Bedrock;

/// <summary>Where clients of Amazon Bedrock call.</summary>
internal static class ClientPaths
{
    /// <summary>The paths; the first that fits decides.</summary>
    public static readonly ClientPath[] All =
    [
        new("/model/{model}/converse"),
        new("/model/{model}/converse-stream", streams: true),
        new("/model/{model}/invoke", platform: Platform.BedrockInvoke),
        new("/model/{model}/invoke-with-response-stream", streams: true, platform: Platform.BedrockInvoke),
        new("/model/{model}/count-tokens", Operation.CountTokens),
    ];

    /// <summary>What others look like.</summary>
    public static readonly PathMarks Marks = new()
    {
        ModelTails = ["/converse", "/converse-stream", "/count-tokens", "/invoke", "/invoke-with-response-stream"],
    };
}

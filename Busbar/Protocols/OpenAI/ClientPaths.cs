using Busbar.Ir;

namespace Busbar.Protocols.OpenAI;

/// <summary>Where clients of Chat Completions call, at OpenAI and at Azure.</summary>
internal static class ClientPaths
{
    /// <summary>The paths; the first that fits decides.</summary>
    public static readonly ClientPath[] All =
    [
        new("/v1/chat/completions"),
        new("/openai/deployments/{model}/chat/completions", platform: Platform.Azure),
        new("/v1/embeddings", Operation.Embed),
        new("/openai/deployments/{model}/embeddings", Operation.Embed, platform: Platform.Azure),
    ];

    /// <summary>What others look like.</summary>
    public static readonly PathMarks Marks = new() { Tails = ["/chat/completions"] };
}

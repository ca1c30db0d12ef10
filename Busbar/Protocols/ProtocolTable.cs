using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>The protocols that exist.</summary>
internal static class ProtocolTable
{
    // In the order of ProtocolId.
    private static readonly Protocol[] Table =
    [
        Anthropic.AnthropicProtocol.Instance,
        OpenAI.OpenAIProtocol.Instance,
        Gemini.GeminiProtocol.Instance,
        Bedrock.BedrockProtocol.Instance,
        Responses.ResponsesProtocol.Instance,
        Cohere.CohereProtocol.Instance,
    ];

    /// <summary>The protocol called <paramref name="id"/>.</summary>
    public static Protocol Get(ProtocolId id) => Table[(int)id];

    /// <summary>The protocol called <paramref name="id"/>, as <paramref name="platform"/> frames it.</summary>
    public static Protocol Get(ProtocolId id, Platform platform) => (id, platform) switch
    {
        (ProtocolId.Anthropic, Platform.Vertex) => Anthropic.Platforms.VertexProtocol.Instance,
        (ProtocolId.Anthropic, Platform.BedrockInvoke) => Anthropic.Platforms.InvokeProtocol.Instance,
        _ => Table[(int)id],
    };
}

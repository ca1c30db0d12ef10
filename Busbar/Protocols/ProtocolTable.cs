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
}

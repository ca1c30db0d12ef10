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

    /// <summary>Whether <paramref name="id"/> names a protocol.</summary>
    public static bool Has(ProtocolId id) => (int)id < Table.Length;
}

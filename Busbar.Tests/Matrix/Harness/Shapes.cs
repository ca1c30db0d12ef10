using Busbar.Ir;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>Where the published schemas describe each protocol's bodies.</summary>
internal static class Shapes
{
    /// <summary>What is wrong with a request body.</summary>
    public static IReadOnlyList<string> Request(ProtocolId protocol, byte[] body) => Check(protocol, body, protocol switch
    {
        ProtocolId.Anthropic => "#/$defs/MessageCreateParams",
        ProtocolId.OpenAI => "#/components/schemas/CreateChatCompletionRequest",
        ProtocolId.Responses => "#/components/schemas/CreateResponse",
        ProtocolId.Gemini => "#/$defs/GenerateContentRequest",
        ProtocolId.Bedrock => "#/$defs/ConverseRequest",
        _ => "#/$defs/V2ChatRequest",
    });

    /// <summary>What is wrong with a whole answer.</summary>
    public static IReadOnlyList<string> Answer(ProtocolId protocol, byte[] body) => Check(protocol, body, protocol switch
    {
        ProtocolId.Anthropic => "#/$defs/Message",
        ProtocolId.OpenAI => "#/components/schemas/CreateChatCompletionResponse",
        ProtocolId.Responses => "#/components/schemas/Response",
        ProtocolId.Gemini => "#/$defs/GenerateContentResponse",
        ProtocolId.Bedrock => "#/$defs/ConverseResponse",
        _ => "#/$defs/V2ChatResponse",
    });

    private static IReadOnlyList<string> Check(ProtocolId protocol, byte[] body, string pointer) => SchemaCheck.Validate(
        protocol switch
        {
            ProtocolId.Anthropic => "anthropic-messages.schema.json",
            ProtocolId.Gemini => "gemini-v1beta.schema.json",
            ProtocolId.Bedrock => "bedrock-converse.schema.json",
            ProtocolId.Cohere => "cohere-v2-chat.schema.json",
            _ => "openai-chat-responses.schema.json",
        },
        pointer,
        body);
}

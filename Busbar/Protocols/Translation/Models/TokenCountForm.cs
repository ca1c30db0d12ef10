using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Models;

/// <summary>What the bodies of a token count look like in the four protocols that have one.</summary>
internal static class TokenCountForm
{
    /// <summary>
    /// The part of <paramref name="body"/> that is a chat request of <paramref name="protocol"/>: Bedrock wraps it, Gemini may. False when something
    /// else is to be counted. <paramref name="isInvoked"/> where it is a body of <c>InvokeModel</c>.
    /// </summary>
    public static bool TryRead(ProtocolId protocol, ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> conversation, out bool isInvoked)
    {
        conversation = body;
        isInvoked = false;
        if (protocol is not (ProtocolId.Bedrock or ProtocolId.Gemini))
        {
            return true;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return false;
        }

        if (protocol == ProtocolId.Bedrock)
        {
            JsonNode converse = tape.Root["input"u8]["converse"u8];
            JsonText invoked = tape.Root["input"u8]["invokeModel"u8]["body"u8].Text;
            isInvoked = !invoked.IsNullOrEmpty;
            conversation = isInvoked ? Decoded(invoked.ToString()) : converse.Raw.Raw;
            return !conversation.IsEmpty && (isInvoked || converse.IsObject);
        }

        JsonNode whole = tape.Root["generateContentRequest"u8];
        whole = whole.IsObject ? whole : tape.Root["generate_content_request"u8];
        conversation = whole.IsObject ? whole.Raw.Raw : body;
        return true;
    }

    private static byte[] Decoded(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : [];
    }

    /// <summary>Writes the answer.</summary>
    public static void Write(ProtocolId protocol, long tokens, JsonWriter output)
    {
        output.StartObject();
        if (protocol == ProtocolId.Responses)
        {
            output.Literal("object"u8, "response.input_tokens"u8);
        }

        output.Number(protocol switch { ProtocolId.Gemini => "totalTokens"u8, ProtocolId.Bedrock => "inputTokens"u8, _ => "input_tokens"u8 }, tokens);
        output.EndObject();
    }
}

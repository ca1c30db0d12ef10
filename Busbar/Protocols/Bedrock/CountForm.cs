using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>A request to count tokens, which wraps the one that is counted.</summary>
internal static class CountForm
{
    /// <summary>
    /// The request to be counted; empty where something else is. <paramref name="isInvoked"/> where it is a body of <c>InvokeModel</c>.
    /// </summary>
    public static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> body, out bool isInvoked)
    {
        isInvoked = false;
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return default;
        }

        JsonNode converse = tape.Root["input"u8]["converse"u8];
        JsonText invoked = tape.Root["input"u8]["invokeModel"u8]["body"u8].Text;
        isInvoked = !invoked.IsNullOrEmpty;
        return isInvoked ? Decoded(invoked.ToString()) : converse.IsObject ? converse.Raw.Raw : default;
    }

    private static byte[] Decoded(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : [];
    }
}

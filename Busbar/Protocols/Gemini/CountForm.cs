using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>A request to count tokens, which may wrap the one that is counted.</summary>
internal static class CountForm
{
    /// <summary>The request to be counted; empty where <paramref name="body"/> is no JSON.</summary>
    public static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return default;
        }

        JsonNode whole = tape.Root["generateContentRequest"u8];
        whole = whole.IsObject ? whole : tape.Root["generate_content_request"u8];
        return whole.IsObject ? whole.Raw.Raw : body;
    }
}

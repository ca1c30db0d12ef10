using Busbar.Configuration.Model.Pools;
using Busbar.Reliability.Selection;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>What makes two requests the same session, for pools with an <c>affinity</c> block.</summary>
internal static class SessionKey
{
    /// <summary>The session of <paramref name="exchange"/>, hashed; null when it belongs to none.</summary>
    public static ulong? Of(Exchange exchange, AffinityConfig affinity)
    {
        string header = exchange.RequestHeaders[affinity.HeaderName].ToString();
        return header.Length > 0 ? Rendezvous.Hash(header) : affinity.Fallback switch
        {
            AffinityFallback.System => OfSystemPrompt(exchange.Body!.Memory),
            AffinityFallback.Prefix => PrefixKey.Of(exchange.Body!.Span),
            _ => null,
        };
    }

    /// <summary>The hash of the system prompt as it stands in <paramref name="body"/>, of whatever protocol; null when there is none.</summary>
    public static ulong? OfSystemPrompt(ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body) || !tape.Root.IsObject)
        {
            return null;
        }

        JsonNode root = tape.Root;
        return Hash(root["system"u8]) ?? Hash(root["instructions"u8]) ?? Hash(root["systemInstruction"u8]) ?? Hash(root["system_instruction"u8])
            ?? OfFirst(root["messages"u8]) ?? OfFirst(root["input"u8]);
    }

    private static ulong? OfFirst(JsonNode messages)
    {
        if (!messages.IsArray)
        {
            return null;
        }

        JsonNode first = messages[0];
        JsonText role = first.IsObject ? first["role"u8].Text : default;
        return role.Is("system"u8) || role.Is("developer"u8) ? Hash(first["content"u8]) : null;
    }

    // An empty text, list or object is no prompt.
    private static ulong? Hash(JsonNode value) => value.IsNull || value.Raw.Raw.Length <= 2 ? null : Rendezvous.Hash(value.Raw.Raw.Span);
}

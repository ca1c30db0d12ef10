using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Members that clients spell in camel case (SDKs) or in snake case (curl, Python dictionaries); <c>null</c> counts as absent.</summary>
internal static class Spelling
{
    /// <summary>The value under either spelling; missing or null when there is none.</summary>
    public static JsonNode Get(JsonNode node, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake)
    {
        JsonNode found = node[camel];
        return found.IsNull ? node[snake] : found;
    }
}

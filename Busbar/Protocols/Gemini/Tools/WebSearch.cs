using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Tools;

/// <summary>Google's search, which has no settings.</summary>
internal static class WebSearch
{
    /// <summary>Writes its entry. False when a setting was left out.</summary>
    public static bool Write(in WebSearchSettings settings, JsonWriter output)
    {
        output.StartObject("googleSearch"u8);
        output.EndObject();
        return !settings.HasDomains && settings is { Location.IsNull: true, Depth.IsNull: true, Uses.IsNull: true };
    }
}

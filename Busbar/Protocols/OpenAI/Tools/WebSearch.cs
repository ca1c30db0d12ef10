using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Tools;

/// <summary>The web search of Chat Completions, which has no entry but the field <c>web_search_options</c>, whose value stands for it.</summary>
internal static class WebSearch
{
    /// <summary>Writes the value. False when a setting was left out.</summary>
    public static bool Write(in WebSearchSettings settings, JsonWriter output)
    {
        settings.WriteDepth(output);
        settings.WriteLocation(nested: true, output);
        return !settings.HasDomains && settings.Uses.IsNull;
    }
}

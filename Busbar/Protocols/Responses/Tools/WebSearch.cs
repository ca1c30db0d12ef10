using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>The web search that OpenAI runs itself.</summary>
internal static class WebSearch
{
    /// <summary>Writes its entry. False when a setting was left out.</summary>
    public static bool Write(in WebSearchSettings settings, JsonWriter output)
    {
        output.Literal("type"u8, "web_search"u8);
        if (settings.Allowed.IsArray)
        {
            output.StartObject("filters"u8);
            output.Raw("allowed_domains"u8, settings.Allowed.Raw);
            output.EndObject();
        }

        settings.WriteDepth(output);
        settings.WriteLocation(nested: false, output);
        return !settings.Blocked.IsArray && settings.Uses.IsNull;
    }
}

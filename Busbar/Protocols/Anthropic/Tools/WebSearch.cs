using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Tools;

/// <summary>The web search that Anthropic runs itself.</summary>
internal static class WebSearch
{
    /// <summary>Writes its entry. False when a setting was left out.</summary>
    public static bool Write(in WebSearchSettings settings, JsonWriter output)
    {
        output.Literal("type"u8, "web_search_20250305"u8);
        output.Literal("name"u8, "web_search"u8);

        // One of the two lists is taken.
        if (settings.Allowed.IsArray)
        {
            output.Raw("allowed_domains"u8, settings.Allowed.Raw);
        }
        else if (settings.Blocked.IsArray)
        {
            output.Raw("blocked_domains"u8, settings.Blocked.Raw);
        }

        settings.WriteLocation(nested: false, output);
        return settings.Depth.IsNull;
    }
}

using Busbar.Configuration.Model;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>attribution:</c> block.</summary>
internal static class AttributionBinder
{
    /// <summary>Reads where requests say what they are for.</summary>
    public static AttributionConfig Bind(Section block, ConfigReport report)
    {
        AttributionConfig defaults = new();
        return new AttributionConfig
        {
            LabelsHeader = Header(block, "labels_header", report) ?? defaults.LabelsHeader,
            User = block.Switch("user") ?? defaults.User,
            SessionHeader = Header(block, "session_header", report) ?? defaults.SessionHeader,
            MaxValues = block.Integer("max_values", defaults.MaxValues),
        };
    }

    private static string? Header(Section block, string key, ConfigReport report)
    {
        string? name = block.Filled(key);
        if (name is not null && !HeaderText.IsName(name))
        {
            report.Error(block.At(key), "not a legal header name", "use letters, digits and hyphens, such as x-busbar-labels");
            return null;
        }

        return name;
    }
}

using System.Text;

namespace Busbar.Observability.Metrics;

/// <summary>Label sets in the Prometheus text format.</summary>
internal static class LabelText
{
    /// <summary><c>name="value",…</c> without braces, values escaped.</summary>
    public static string Render(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var text = new StringBuilder();
        foreach ((string name, object? value) in labels)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"");
            foreach (char character in (string)value!)
            {
                _ = character switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    _ => text.Append(character),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }
}

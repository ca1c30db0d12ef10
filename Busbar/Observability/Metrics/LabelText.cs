using System.Text;

namespace Busbar.Observability.Metrics;

/// <summary>Label sets in the Prometheus text format.</summary>
internal static class LabelText
{
    /// <summary><c>name="value",…</c> without braces, values escaped.</summary>
    public static string Render(ReadOnlySpan<string> names, ReadOnlySpan<string> values)
    {
        var text = new StringBuilder();
        for (int index = 0; index < names.Length; index++)
        {
            text.Append(index > 0 ? "," : "").Append(names[index]).Append("=\"");
            foreach (char character in values[index])
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

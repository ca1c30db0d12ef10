using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>One spelling for all spellings of a JSON value, and one for all of a text.</summary>
internal static class CanonicalJson
{
    /// <summary>The value without white space, members sorted; the text itself when it is no JSON.</summary>
    public static string Of(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var text = new StringBuilder();
            Append(document.RootElement, text);
            return text.ToString();
        }
        catch (JsonException)
        {
            return json;
        }
    }

    /// <summary>The text without white space: joints between blocks are spelt differently everywhere.</summary>
    public static string Squeezed(string text) => string.Concat(text.Where(static letter => !char.IsWhiteSpace(letter)));

    /// <summary>What a tool said: a JSON value in canonical form, out of the one-member object that some protocols need around it.</summary>
    public static string Result(string text)
    {
        for (string current = text.Trim(); ;)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(current);
                JsonElement root = document.RootElement;
                if (root.ValueKind == JsonValueKind.Object && root.EnumerateObject().Count() == 1
                    && root.EnumerateObject().First() is { Name: "output" or "error" or "result" or "content" or "return_value" } only)
                {
                    current = only.Value.ValueKind == JsonValueKind.String ? only.Value.GetString()!.Trim() : only.Value.GetRawText();
                }
                else if (root.ValueKind == JsonValueKind.String)
                {
                    current = root.GetString()!.Trim();
                }
                else
                {
                    return Squeezed(Of(current));
                }
            }
            catch (JsonException)
            {
                return Squeezed(current);
            }
        }
    }

    private static void Append(JsonElement value, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty member in value.EnumerateObject().OrderBy(static member => member.Name, StringComparer.Ordinal))
                {
                    text.Append(JsonSerializer.Serialize(member.Name)).Append(':');
                    Append(member.Value, text);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Append(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                text.Append(JsonSerializer.Serialize(value.GetString()));
                break;
            case JsonValueKind.Number:
                text.Append(value.GetDouble().ToString("R", System.Globalization.CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }
}

using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>Reasoning in words, which the API itself does not show but compatible hosts do, under either of two names.</summary>
internal static class ReasoningText
{
    /// <summary>The words in a message or delta; absent when there are none. Some hosts give them as a list of details alone.</summary>
    public static JsonText Of(JsonNode holder)
    {
        JsonText words = holder["reasoning_content"u8].Text;
        words = words.IsNullOrEmpty ? holder["reasoning"u8].Text : words;
        return words.IsNullOrEmpty && !holder["reasoning_details"u8][0].IsMissing ? OfDetails(holder["reasoning_details"u8]) : words;
    }

    /// <summary>
    /// The words of a content part of type <c>thinking</c> (Mistral), whose value is a string or an array of text parts, each in its turn.
    /// </summary>
    public static JsonText OfPart(JsonNode part)
    {
        JsonNode words = part["thinking"u8];
        if (!words.IsArray || words[1].IsMissing)
        {
            return words.IsArray ? words[0]["text"u8].Text : words.Text;
        }

        using var joined = new PooledBuffer(256);
        foreach (JsonNode piece in words.Items)
        {
            joined.Write((piece.IsString ? piece.Text : piece["text"u8].Text).Span);
        }

        return new JsonText(joined.Span.ToArray());
    }

    private static JsonText OfDetails(JsonNode details)
    {
        using var joined = new PooledBuffer();
        foreach (JsonNode detail in details.Items)
        {
            JsonText words = detail["text"u8].Text;
            joined.Write((words.IsNullOrEmpty ? detail["summary"u8].Text : words).Span);
        }

        return joined.Length == 0 ? default : new(joined.Span.ToArray());
    }
}

using Busbar.Wire;

namespace Busbar.Protocols.OpenAI;

/// <summary>Reasoning in words, which the API itself does not show but compatible hosts do, under either of two names.</summary>
internal static class ReasoningText
{
    /// <summary>The words in a message or delta; absent when there are none.</summary>
    public static JsonText Of(JsonNode holder)
    {
        JsonText words = holder["reasoning_content"u8].Text;
        return words.IsNullOrEmpty ? holder["reasoning"u8].Text : words;
    }

    /// <summary>The words of a content part of type <c>thinking</c>, whose value is a string or an array of text parts.</summary>
    public static JsonText OfPart(JsonNode part)
    {
        JsonNode words = part["thinking"u8];
        return words.IsArray ? words[0]["text"u8].Text : words.Text;
    }
}

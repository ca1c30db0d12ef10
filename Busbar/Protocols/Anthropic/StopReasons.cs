using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>The words of <c>stop_reason</c>, and the <c>stop_details</c> that explain a refusal.</summary>
internal static class StopReasons
{
    private static readonly byte[][] RefusalCategories =
        [.. "cyber bio frontier_llm reasoning_extraction general_harms".Split(' ').Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>
    /// The reason a word stands for; absent gives <see cref="StopReason.None"/>, other words are read as <see cref="StopWords"/> does.
    /// </summary>
    public static StopReason Read(JsonText word) => word switch
    {
        _ when word.IsNullOrEmpty => StopReason.None,
        _ when word.Is("end_turn"u8) => StopReason.EndTurn,
        _ when word.Is("tool_use"u8) => StopReason.ToolUse,
        _ when word.Is("max_tokens"u8) || word.Is("model_context_window_exceeded"u8) => StopReason.MaxTokens,
        _ when word.Is("stop_sequence"u8) => StopReason.StopSequence,
        _ when word.Is("refusal"u8) => StopReason.Refusal,
        _ when word.Is("pause_turn"u8) || word.Is("compaction"u8) => StopReason.Pause,
        _ => StopWords.Read(word),
    };

    /// <summary>The word for a reason; empty for <see cref="StopReason.None"/>, which is written as null.</summary>
    public static ReadOnlySpan<byte> Word(StopReason reason) => reason switch
    {
        StopReason.None => default,
        StopReason.StopSequence => "stop_sequence"u8,
        StopReason.MaxTokens => "max_tokens"u8,
        StopReason.ToolUse => "tool_use"u8,
        StopReason.Safety or StopReason.Refusal => "refusal"u8,
        StopReason.Pause => "pause_turn"u8,
        _ => "end_turn"u8,
    };

    /// <summary>The reason to show when the answer holds refusal words: a refusal overrides only a natural end.</summary>
    public static StopReason WithRefusal(StopReason reason) =>
        reason is StopReason.None or StopReason.EndTurn or StopReason.StopSequence or StopReason.Other ? StopReason.Refusal : reason;

    /// <summary>Writes <c>stop_reason</c>; null when nothing was said.</summary>
    public static void WriteReason(StopReason reason, JsonWriter output)
    {
        ReadOnlySpan<byte> word = Word(reason);
        if (word.IsEmpty)
        {
            output.Null("stop_reason"u8);
        }
        else
        {
            output.Literal("stop_reason"u8, word);
        }
    }

    /// <summary>Writes <c>stop_sequence</c>; null when none was met.</summary>
    public static void WriteSequence(JsonText sequence, JsonWriter output) => WriteNullable("stop_sequence"u8, sequence, output);

    /// <summary>Writes <c>stop_details</c>; null unless the reason is a refusal. Categories of other vendors are not shown.</summary>
    public static void WriteDetails(StopReason reason, JsonText category, JsonText explanation, JsonWriter output)
    {
        if (reason is not (StopReason.Refusal or StopReason.Safety))
        {
            output.Null("stop_details"u8);
            return;
        }

        output.StartObject("stop_details"u8);
        output.Literal("type"u8, "refusal"u8);
        WriteNullable("category"u8, IsRefusalCategory(category) ? category : default, output);
        WriteNullable("explanation"u8, explanation, output);
        output.EndObject();
    }

    private static bool IsRefusalCategory(JsonText category)
    {
        foreach (byte[] known in RefusalCategories)
        {
            if (category.Is(known))
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteNullable(ReadOnlySpan<byte> name, JsonText text, JsonWriter output)
    {
        if (text.IsAbsent)
        {
            output.Null(name);
        }
        else
        {
            output.Text(name, text);
        }
    }
}

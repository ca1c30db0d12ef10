using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>The effort words of all vendors.</summary>
internal static class EffortWords
{
    /// <summary>Reads <paramref name="word"/>; one that no vendor is known to have is noted as such.</summary>
    public static void Read(JsonText word, ref Reasoning reasoning)
    {
        reasoning.Effort = Parse(word);
        reasoning.HasUnknownEffort = reasoning.Effort == ReasoningEffort.Unspecified && !word.IsNullOrEmpty;
    }

    /// <summary>
    /// The effort called <paramref name="word"/>; unspecified for an unknown word. What stands above every other word is the highest effort there is.
    /// </summary>
    public static ReasoningEffort Parse(JsonText word)
    {
        for (ReasoningEffort effort = ReasoningEffort.None; effort <= ReasoningEffort.Max; effort++)
        {
            if (word.Is(Word(effort)))
            {
                return effort;
            }
        }

        return word.Is("ultra"u8) ? ReasoningEffort.Max : ReasoningEffort.Unspecified;
    }

    /// <summary>The word for <paramref name="effort"/>; empty when unspecified.</summary>
    public static ReadOnlySpan<byte> Word(ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.None => "none"u8,
        ReasoningEffort.Minimal => "minimal"u8,
        ReasoningEffort.Low => "low"u8,
        ReasoningEffort.Medium => "medium"u8,
        ReasoningEffort.High => "high"u8,
        ReasoningEffort.XHigh => "xhigh"u8,
        ReasoningEffort.Max => "max"u8,
        _ => default,
    };
}

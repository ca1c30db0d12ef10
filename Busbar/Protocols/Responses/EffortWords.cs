using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>The words of <c>reasoning.effort</c>.</summary>
internal static class EffortWords
{
    /// <summary>The effort called <paramref name="word"/>; unspecified for an unknown word.</summary>
    public static ReasoningEffort Parse(JsonText word)
    {
        for (ReasoningEffort effort = ReasoningEffort.None; effort <= ReasoningEffort.Max; effort++)
        {
            if (word.Is(Word(effort)))
            {
                return effort;
            }
        }

        return ReasoningEffort.Unspecified;
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

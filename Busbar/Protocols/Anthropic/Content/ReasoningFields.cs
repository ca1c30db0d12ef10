using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>The <c>thinking</c> object and the <c>effort</c> word of <c>output_config</c>.</summary>
internal static class ReasoningFields
{
    /// <summary>Smallest budget, and the tokens that must be left for the answer.</summary>
    private const long MinimumBudget = 1024;

    /// <summary>Reads <c>thinking</c>. False when it says more than the representation holds.</summary>
    public static bool TryReadThinking(JsonNode node, ref Reasoning reasoning)
    {
        if (node.IsNull)
        {
            return true;
        }

        var fields = new MemberReader(node);
        JsonText type = fields.Take("type"u8).Text;
        reasoning.Mode = type switch
        {
            _ when type.Is("enabled"u8) => ReasoningMode.Budget,
            _ when type.Is("disabled"u8) => ReasoningMode.Off,
            _ when type.Is("adaptive"u8) => ReasoningMode.Adaptive,
            _ when type.Is("between_tools"u8) => ReasoningMode.BetweenTools,
            _ => ReasoningMode.Unspecified,
        };
        if (reasoning.Mode == ReasoningMode.Budget)
        {
            reasoning.Budget = Usage.Count(fields.Take("budget_tokens"u8).Integer);
        }

        JsonNode display = fields.Take("display"u8);
        bool isUpdates = display.Text.Is("updates"u8);
        reasoning.Display = isUpdates || display.Text.Is("summarized"u8) ? true : display.Text.Is("omitted"u8) ? false : null;
        return reasoning.Mode != ReasoningMode.Unspecified && !fields.HasOthers && !isUpdates && (display.IsNull || reasoning.Display is not null);
    }

    /// <summary>The word for an effort; empty when there is none to send.</summary>
    public static ReadOnlySpan<byte> EffortWord(ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.Minimal or ReasoningEffort.Low => "low"u8,
        ReasoningEffort.Medium => "medium"u8,
        ReasoningEffort.High => "high"u8,
        ReasoningEffort.XHigh => "xhigh"u8,
        ReasoningEffort.Max => "max"u8,
        _ => default,
    };

    /// <summary>
    /// The form a request built here asks for: a budget leaves room for the answer within <paramref name="maxTokens"/> and is given up,
    /// with a note, when too little remains.
    /// </summary>
    public static Reasoning Fit(in Reasoning asked, long? maxTokens, ref Losses losses)
    {
        Reasoning fitted = asked;
        if (asked.Mode == ReasoningMode.Unspecified && asked.Effort == ReasoningEffort.None)
        {
            fitted.Mode = ReasoningMode.Off;
        }

        if (asked.Mode == ReasoningMode.Budget)
        {
            fitted.Budget = Math.Min(asked.Budget, (maxTokens ?? long.MaxValue) - MinimumBudget);
            if (fitted.Budget < MinimumBudget)
            {
                fitted.Mode = ReasoningMode.Unspecified;
                losses.Add(LossField.Reasoning);
            }
        }

        return fitted;
    }

    /// <summary>Writes <c>thinking</c>, or nothing when no form was asked for.</summary>
    public static void WriteThinking(in Reasoning reasoning, JsonWriter output)
    {
        ReadOnlySpan<byte> type = reasoning.Mode switch
        {
            ReasoningMode.Off => "disabled"u8,
            ReasoningMode.Budget => "enabled"u8,
            ReasoningMode.Adaptive => "adaptive"u8,
            ReasoningMode.BetweenTools => "between_tools"u8,
            _ => default,
        };
        if (type.IsEmpty)
        {
            return;
        }

        output.StartObject("thinking"u8);
        output.Literal("type"u8, type);
        if (reasoning.Mode == ReasoningMode.Budget)
        {
            output.Number("budget_tokens"u8, reasoning.Budget);
        }

        if (reasoning.Display is bool display && reasoning.Mode is (ReasoningMode.Budget or ReasoningMode.Adaptive))
        {
            output.Literal("display"u8, display ? "summarized"u8 : "omitted"u8);
        }

        output.EndObject();
    }
}

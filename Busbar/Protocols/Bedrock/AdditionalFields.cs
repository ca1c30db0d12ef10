using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Protocols.Translation.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>
/// <c>additionalModelRequestFields</c>: the model's own parameters, in the model vendor's spelling. Claude's are those of Messages; Nova has
/// <c>reasoningConfig</c> and a nested <c>topK</c>; OpenAI's open models have <c>reasoning_effort</c>.
/// </summary>
internal static class AdditionalFields
{
    /// <summary>Reads the object. False when writing the representation would not give it back, so that it must be kept.</summary>
    public static bool TryRead(JsonNode node, ChatRequest request)
    {
        var fields = new MemberReader(node);
        JsonNode topK = fields.Take("top_k"u8);
        JsonNode thinking = fields.Take("thinking"u8);
        bool isCanonical = (topK.IsMissing || topK.Integer is >= 1 and <= uint.MaxValue)
            && ReasoningFields.TryReadThinking(thinking, ref request.Reasoning);
        if (fields.HasOthers)
        {
            isCanonical = false;
            topK = First(topK, node["topK"u8], node["inferenceConfig"u8]["topK"u8], node["k"u8]);
            ReadOtherReasoning(node, ref request.Reasoning);
            Anthropic.RequestReader.ReadFormat(node["output_config"u8]["format"u8], ref request.ResponseFormat);
            JsonNode single = node["tool_choice"u8]["disable_parallel_tool_use"u8];
            request.ParallelToolCalls = single.Bool is bool disabled ? !disabled : null;
        }

        request.TopK = topK.Integer is >= 1 and <= uint.MaxValue ? topK.Integer : null;
        return isCanonical;
    }

    /// <summary>Whether the tool choice must be said here instead of in <c>toolConfig</c>: Converse itself cannot forbid parallel calls.</summary>
    public static bool HoldsToolChoice(ChatRequest request, FieldFamily family) =>
        request.ParallelToolCalls == false && request.Tools.Count > 0 && family == FieldFamily.Claude
        && request.ToolChoice.Kind != ToolChoiceKind.None && request.Source != ProtocolId.Bedrock;

    /// <summary>Writes the object, or nothing when it would be empty.</summary>
    public static void Write(ChatRequest request, FieldFamily family, JsonWriter output, ref Losses losses)
    {
        PooledBuffer buffer = output.Output;
        int start = buffer.Length;
        output.StartObject("additionalModelRequestFields"u8);
        int empty = buffer.Length;
        WriteTopK(request.TopK, family, output, ref losses);
        WriteReasoning(request.Reasoning, family, output, ref losses);
        if (HoldsToolChoice(request, family))
        {
            WriteToolChoice(request.ToolChoice, output);
        }
        else if (request.ParallelToolCalls == false && request.Tools.Count > 0)
        {
            losses.Add(LossField.ParallelToolCalls);
        }

        if (buffer.Length == empty)
        {
            buffer.Truncate(start);
        }
        else
        {
            output.EndObject();
        }
    }

    private static JsonNode First(JsonNode first, JsonNode second, JsonNode third, JsonNode fourth) =>
        !first.IsMissing ? first : !second.IsMissing ? second : !third.IsMissing ? third : fourth;

    private static void ReadOtherReasoning(JsonNode node, ref Reasoning reasoning)
    {
        // An older spelling of "thinking" that the service takes for Claude; Qwen models take a bare word there.
        JsonNode older = node["reasoning_config"u8];
        if (older.IsObject)
        {
            ReasoningFields.TryReadThinking(older, ref reasoning);
        }

        JsonNode nova = node["reasoningConfig"u8];
        if (nova["type"u8].Text.Is("disabled"u8))
        {
            reasoning.Mode = ReasoningMode.Off;
        }
        else if (nova["type"u8].Text.Is("enabled"u8))
        {
            reasoning.Mode = ReasoningMode.Adaptive;
        }

        JsonNode word = First(node["output_config"u8]["effort"u8], nova["maxReasoningEffort"u8], node["reasoning_effort"u8], older);
        ReasoningEffort effort = EffortWords.Parse(word.Text);
        reasoning.Effort = effort == ReasoningEffort.Unspecified ? reasoning.Effort : effort;
    }

    private static void WriteTopK(long? topK, FieldFamily family, JsonWriter output, ref Losses losses)
    {
        if (topK is not long count)
        {
            return;
        }

        switch (family)
        {
            case FieldFamily.Claude or FieldFamily.Mistral:
                output.Number("top_k"u8, count);
                break;
            case FieldFamily.Nova:
                output.StartObject("inferenceConfig"u8);
                output.Number("topK"u8, count);
                output.EndObject();
                break;
            default:
                losses.Add(LossField.TopK);
                break;
        }
    }

    private static void WriteReasoning(in Reasoning reasoning, FieldFamily family, JsonWriter output, ref Losses losses)
    {
        if (!reasoning.IsSpecified)
        {
            return;
        }

        if (family != FieldFamily.Claude && reasoning.Display == true)
        {
            losses.Add(LossField.ReasoningDisplay);
        }

        switch (family)
        {
            case FieldFamily.Claude:
                ReasoningFields.WriteThinking(reasoning, output);
                break;
            case FieldFamily.Nova when reasoning.IsOn:
                output.StartObject("reasoningConfig"u8);
                output.Literal("type"u8, "enabled"u8);
                output.Literal("maxReasoningEffort"u8, ThreeStepWord(reasoning));
                output.EndObject();
                break;
            case FieldFamily.Nova:
                output.Raw("reasoningConfig"u8, """{"type":"disabled"}"""u8);
                break;
            case FieldFamily.OpenAI when reasoning.IsOn:
                output.Literal("reasoning_effort"u8, ThreeStepWord(reasoning));
                break;
            case FieldFamily.OpenAI:
                // These models cannot stop thinking.
                output.Literal("reasoning_effort"u8, "low"u8);
                losses.Add(LossField.Reasoning);
                break;
            default:
                losses.Add(LossField.Reasoning);
                break;
        }
    }

    private static ReadOnlySpan<byte> ThreeStepWord(in Reasoning reasoning)
    {
        ReasoningEffort effort = reasoning.Effort != ReasoningEffort.Unspecified ? reasoning.Effort
            : reasoning.Mode == ReasoningMode.Budget ? ReasoningRule.Effort(reasoning.Budget)
            : ReasoningEffort.Medium;
        return effort switch
        {
            ReasoningEffort.None or ReasoningEffort.Minimal or ReasoningEffort.Low => "low"u8,
            ReasoningEffort.Medium => "medium"u8,
            _ => "high"u8,
        };
    }

    private static void WriteToolChoice(in ToolChoice choice, JsonWriter output)
    {
        output.StartObject("tool_choice"u8);
        bool isForced = choice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Allowed
            && (choice.Kind == ToolChoiceKind.Required || choice.AllowedRequired);
        output.Literal("type"u8, choice.Kind == ToolChoiceKind.Tool ? "tool"u8 : isForced ? "any"u8 : "auto"u8);
        if (choice.Kind == ToolChoiceKind.Tool)
        {
            output.Text("name"u8, choice.Name);
        }

        output.Bool("disable_parallel_tool_use"u8, true);
        output.EndObject();
    }
}

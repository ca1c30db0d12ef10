using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>The <c>outputConfig</c> object: the answer's form, whose schema is JSON inside a string, and the effort word.</summary>
internal static class OutputConfig
{
    /// <summary>Reads the object. False when it says more than the representation holds.</summary>
    public static bool TryRead(JsonNode node, ChatRequest request)
    {
        var fields = new MemberReader(node);
        JsonNode word = fields.Take("effort"u8);
        ReasoningEffort effort = EffortWords.Parse(word.Text);
        request.Reasoning.Effort = effort == ReasoningEffort.Unspecified ? request.Reasoning.Effort : effort;
        bool isUnderstood = word.IsMissing || effort != ReasoningEffort.Unspecified;
        return TryReadFormat(fields.Take("textFormat"u8), request) & isUnderstood & !fields.HasOthers;
    }

    /// <summary>Writes the object, or nothing when there is nothing to say. Effort is Claude's alone.</summary>
    public static void Write(ChatRequest request, FieldFamily family, JsonWriter output, ref Losses losses)
    {
        ResponseFormat format = request.ResponseFormat;
        bool hasSchema = format.Json && !format.Schema.IsNull;
        if (format.Json && !hasSchema)
        {
            losses.Add(LossField.ResponseFormat);
        }

        // Beyond high only with thinking.
        Reasoning reasoning = request.Reasoning;
        ReasoningEffort effort = reasoning is { Mode: ReasoningMode.Off, Effort: > ReasoningEffort.High } ? ReasoningEffort.High : reasoning.Effort;
        ReadOnlySpan<byte> word = family == FieldFamily.Claude ? ReasoningFields.EffortWord(effort) : default;
        if (!hasSchema && word.IsEmpty)
        {
            return;
        }

        output.StartObject("outputConfig"u8);
        if (!word.IsEmpty)
        {
            output.Literal("effort"u8, word);
        }

        if (hasSchema)
        {
            output.StartObject("textFormat"u8);
            output.Literal("type"u8, "json_schema"u8);
            output.StartObject("structure"u8);
            output.StartObject("jsonSchema"u8);
            output.Stringified("schema"u8, format.Schema);
            output.TextIfPresent("name"u8, format.Name);
            output.TextIfPresent("description"u8, format.Description);
            output.EndObject();
            output.EndObject();
            output.EndObject();
        }

        output.EndObject();
    }

    private static bool TryReadFormat(JsonNode node, ChatRequest request)
    {
        if (node.IsMissing)
        {
            return true;
        }

        var fields = new MemberReader(node);
        var structure = new MemberReader(fields.Take("structure"u8));
        var definition = new MemberReader(structure.Take("jsonSchema"u8));
        JsonSlice schema = request.Arena.StoreParsed(definition.Take("schema"u8).Text);
        bool isSchema = fields.Take("type"u8).Text.Is("json_schema"u8) && schema.IsObject;
        if (isSchema)
        {
            request.ResponseFormat.Json = true;
            request.ResponseFormat.Schema = schema;
            request.ResponseFormat.Name = definition.Take("name"u8).Text;
            request.ResponseFormat.Description = definition.Take("description"u8).Text;
        }

        return isSchema && !fields.HasOthers && !structure.HasOthers && !definition.HasOthers;
    }
}

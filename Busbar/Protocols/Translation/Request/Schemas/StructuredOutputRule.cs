using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Schemas;

/// <summary>A demanded answer form where the model or protocol has no such field.</summary>
internal static class StructuredOutputRule
{
    private static readonly JsonText DefaultName = JsonText.From("response");

    private static readonly JsonText Purpose = JsonText.From("Gives the final answer in the required form.");

    private static readonly JsonText Hint = JsonText.From("Answer with exactly one valid JSON object and nothing else.");

    /// <summary>
    /// Replaces a schema that the model does not take by a forced tool with that schema. Refuses the request when the model cannot be forced either:
    /// an answer in free form would look like success.
    /// </summary>
    public static GatewayError? Apply(ChatRequest request, ProtocolId egress, Capabilities capabilities, TranslationContext context)
    {
        ref ResponseFormat format = ref request.ResponseFormat;
        if (!format.Json)
        {
            return null;
        }

        FieldForm form = ProtocolTable.Get(egress).Fields;
        if (!form.HasFormatWithTools && request.Tools.Count > 0)
        {
            context.Losses.Add(LossField.ResponseFormat);
            format = default;
            return null;
        }

        if (format.Schema.IsNull)
        {
            if (!form.HasPlainJson || !capabilities.StructuredOutput)
            {
                request.System.Add(request.Arena.NewText(Hint));
                context.Losses.Add(LossField.ResponseFormat);
                format = default;
            }

            return null;
        }

        // Claude builds its decoder for answers without recursion; arguments of a tool that is not strict may nest.
        bool isClaude = form.ClosesSchemas || context.Family.StartsWith(ModelFamily.Claude, StringComparison.Ordinal);
        bool isRecursive = isClaude && SchemaPointers.IsRecursive(format.Schema);
        if (capabilities.StructuredOutput && !isRecursive)
        {
            return null;
        }

        if (!capabilities.ForcedToolChoice)
        {
            string what = isRecursive ? "A recursive JSON schema" : "A JSON schema";
            return new(ErrorKind.InvalidRequest, $"{what} for the response is not supported with this model.", Param: "response_format");
        }

        Substitute(request, egress, context);
        return null;
    }

    private static void Substitute(ChatRequest request, ProtocolId egress, TranslationContext context)
    {
        ResponseFormat format = request.ResponseFormat;
        JsonText wanted = format.Name.IsNullOrEmpty ? DefaultName : format.Name;
        JsonText name = ToolNames.Legal(egress, wanted, request.Arena);
        foreach (Tool tool in request.Tools)
        {
            if (tool.Name.Equals(name))
            {
                name = ToolNames.Distinct(egress, wanted, wanted, request.Arena);
            }
        }

        request.ToolChoice = request.Tools.Count == 0
            ? new() { Kind = ToolChoiceKind.Tool, Name = name }
            : new() { Kind = ToolChoiceKind.Required };
        request.Tools.Add(new()
        {
            Kind = ToolKind.Function,
            Name = name,
            Description = format.Description.IsNullOrEmpty ? Purpose : format.Description,
            Schema = format.Schema,
        });
        context.SetStructuredTool(name);
        request.ResponseFormat = default;

        // The form was asked for explicitly, thinking perhaps not.
        if (request.Reasoning.IsOn && ProtocolTable.Get(egress).Tools.ForcingExcludesThinking)
        {
            context.Losses.Add(LossField.Reasoning);
            request.Reasoning = default;
        }
    }
}

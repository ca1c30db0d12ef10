using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.Translation.Request.Schemas;

/// <summary>
/// Schemas that the target decodes strictly are refused unless every object in them is closed: those of answers and of strict tools at Claude
/// (structured outputs, "JSON Schema limitations"), and of whatever is marked strict at OpenAI, where all properties must be required besides
/// (structured outputs, "supported schemas"). A caller of another protocol need not know that.
/// </summary>
internal static class StrictSchemaRule
{
    /// <summary>Closes the schemas that the target decodes strictly, and takes the mark off those that its strict mode cannot express.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, TranslationContext context)
    {
        ref Losses losses = ref context.Losses;
        FieldForm form = ProtocolTable.Get(egress).Fields;
        bool isClaude = form.ClosesSchemas || context.Family.StartsWith(ModelFamily.Claude, StringComparison.Ordinal);
        if (!isClaude && !form.HasStrictMode)
        {
            return;
        }

        ref ResponseFormat format = ref request.ResponseFormat;
        if (format.Json && format.Schema.IsObject && (isClaude || format.Strict == true))
        {
            var closed = ClosedSchema.Of(format.Schema, request.Arena, isClaude);
            if (form.HasStrictMode && (closed.HasOptional || closed.IsNarrowed || closed.HasUnsupported))
            {
                format.Strict = null;
                losses.Add(LossField.Schema);
            }
            else
            {
                Take(ref format.Schema, closed, ref losses);
            }
        }

        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            if (tool is not { Kind: ToolKind.Function, Strict: true } || !tool.Schema.IsObject)
            {
                continue;
            }

            if (isClaude && SchemaPointers.IsRecursive(tool.Schema))
            {
                // Its strict decoder has no recursion; without the mark the schema may have it.
                tool.Strict = null;
                losses.Add(LossField.ToolStrict);
                request.Tools[index] = tool;
                continue;
            }

            var closed = ClosedSchema.Of(tool.Schema, request.Arena, isClaude);
            if (form.HasStrictMode && (closed.HasOptional || closed.IsNarrowed || closed.HasUnsupported))
            {
                tool.Strict = null;
                losses.Add(LossField.ToolStrict);
            }
            else
            {
                Take(ref tool.Schema, closed, ref losses);
            }

            request.Tools[index] = tool;
        }
    }

    private static void Take(ref Wire.Json.JsonSlice schema, in ClosedSchema closed, ref Losses losses)
    {
        schema = closed.Schema;
        if (closed.IsNarrowed || closed.IsLoosened)
        {
            losses.Add(LossField.Schema);
        }
    }
}

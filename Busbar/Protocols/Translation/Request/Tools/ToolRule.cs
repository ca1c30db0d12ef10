using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request.Schemas;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>Which tools go along, in which form, and whether they may be forced.</summary>
internal static class ToolRule
{
    private static readonly JsonSlice NoArguments = JsonSlice.From("{\"type\":\"object\",\"properties\":{}}"u8);

    private static readonly JsonSlice OneString = JsonSlice.From(
        "{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}},\"required\":[\"input\"],\"additionalProperties\":false}"u8);

    /// <summary>Drops what the vendor would have to run, disguises free-text tools as functions, gives every function a schema.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, Capabilities capabilities, TranslationContext context)
    {
        ToolsForm form = ProtocolTable.Get(egress).Tools;
        bool keepCustom = form.HasFreeText && capabilities.CustomTools;

        // Web search is the one tool that several vendors run alike. Models that take it beside functions are newer than those that take it alone.
        bool searches = capabilities.WebSearch && (capabilities.WebSearchWithTools
            || !request.Tools.Exists(static other => other.Kind != ToolKind.Hosted));
        int kept = 0;
        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            if (tool.Kind == ToolKind.Hosted)
            {
                if (!searches || !TakeSearch(request, ref tool, egress, ref context.Losses))
                {
                    context.Losses.Add(LossField.HostedTool);
                    continue;
                }
            }

            if (tool.Kind == ToolKind.Custom && !keepCustom)
            {
                Disguise(ref tool, ref context.Losses);
            }

            if (tool.Kind == ToolKind.Function && tool.Schema.IsNull)
            {
                tool.Schema = NoArguments;
            }

            if (tool.Kind == ToolKind.Function && form.WantsObjects && ObjectSchema.Fit(ref tool.Schema, request.Arena))
            {
                context.Losses.Add(LossField.Schema);
            }

            request.Tools[kept++] = tool;
        }

        request.Tools.RemoveRange(kept, request.Tools.Count - kept);
        if (!keepCustom)
        {
            DisguiseCalls(request);
        }

        DropChoiceOfMissing(request, ref context.Losses);
    }

    private static bool TakeSearch(ChatRequest request, ref Tool tool, ProtocolId egress, ref Losses losses)
    {
        if (!WebSearchTool.TryTranslate(tool, egress, request.Arena, ref losses, out Tool translated))
        {
            return false;
        }

        if (request.ToolChoice is { Kind: ToolChoiceKind.Tool } && request.ToolChoice.Name.Equals(tool.Name) && !translated.Name.IsAbsent)
        {
            request.ToolChoice.Name = translated.Name;
        }

        for (int index = 0; index < (request.ToolChoice.Allowed?.Count ?? 0); index++)
        {
            if (request.ToolChoice.Allowed![index].Equals(tool.Name) && !translated.Name.IsAbsent)
            {
                request.ToolChoice.Allowed[index] = translated.Name;
            }
        }

        tool = translated;
        return true;
    }

    /// <summary>Fits the tool choice to what the protocol and the model can express. Runs after the reasoning rule, which may restrict it.</summary>
    public static void FitChoice(ChatRequest request, ProtocolId egress, Capabilities capabilities, ref Losses losses)
    {
        ToolChoice choice = request.ToolChoice;

        ToolsForm form = ProtocolTable.Get(egress).Tools;
        if (choice.Kind == ToolChoiceKind.Allowed && !form.HasAllowedList)
        {
            Filter(request, choice.Allowed!);
            request.ToolChoice = new() { Kind = choice.AllowedRequired ? ToolChoiceKind.Required : ToolChoiceKind.Auto };
        }

        bool isForced = request.ToolChoice.Kind is ToolChoiceKind.Required or ToolChoiceKind.Tool;
        bool thinks = request.Reasoning.IsOn && form.ForcingExcludesThinking;
        if (isForced && (!capabilities.ForcedToolChoice || thinks))
        {
            if (choice.Kind == ToolChoiceKind.Tool)
            {
                Filter(request, [choice.Name]);
            }

            request.ToolChoice = new() { Kind = ToolChoiceKind.Auto };
            losses.Add(LossField.ToolChoice);
        }

        if (form.SharesStrictness)
        {
            NoteStrictness(request, ref losses);
        }

        if (request.ParallelToolCalls is not null && !form.HasParallelSwitch)
        {
            losses.Add(LossField.ParallelToolCalls);
            request.ParallelToolCalls = null;
        }
    }

    private static void NoteStrictness(ChatRequest request, ref Losses losses)
    {
        int strict = 0;
        foreach (Tool tool in request.Tools)
        {
            strict += tool.Strict == true ? 1 : 0;
        }

        if (strict > 0 && strict < request.Tools.Count)
        {
            losses.Add(LossField.ToolStrict);
        }
    }

    private static void Filter(ChatRequest request, List<JsonText> names)
    {
        var kept = new HashSet<JsonText>(names);
        request.Tools.RemoveAll(tool => !kept.Contains(tool.Name));
    }

    private static void Disguise(ref Tool tool, ref Losses losses)
    {
        if (!tool.Format.IsNull)
        {
            losses.Add(LossField.CustomToolFormat);
        }

        tool.Kind = ToolKind.Function;
        tool.Schema = OneString;
        tool.Strict = null;
        tool.Format = default;
        tool.Form = ToolForm.Custom;
    }

    private static void DisguiseCalls(ChatRequest request)
    {
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse && block.IsCustomTool)
                {
                    using var input = new PooledBuffer(block.InputText.Escaped.Length + 16);
                    input.Write("{\"input\":\""u8);
                    input.Write(block.InputText.Span);
                    input.Write("\"}"u8);
                    block.Input = new(request.Arena.Store(input.Span));
                    block.InputText = default;
                    block.IsCustomTool = false;
                }
            }
        }
    }

    private static void DropChoiceOfMissing(ChatRequest request, ref Losses losses)
    {
        ref ToolChoice choice = ref request.ToolChoice;
        bool wasSaid = choice.Kind is not (ToolChoiceKind.Unspecified or ToolChoiceKind.Auto or ToolChoiceKind.None);
        if (choice.Kind == ToolChoiceKind.Allowed)
        {
            HashSet<JsonText> offered = [.. request.Tools.Select(static tool => tool.Name)];
            choice.Allowed!.RemoveAll(name => !offered.Contains(name));
        }

        bool isVoid = request.Tools.Count == 0
            || (choice.Kind == ToolChoiceKind.Tool && !Has(request, choice.Name))
            || (choice.Kind == ToolChoiceKind.Allowed && choice.Allowed!.Count == 0);
        if (!isVoid)
        {
            return;
        }

        if (wasSaid)
        {
            losses.Add(LossField.ToolChoice);
        }

        choice = default;
        if (request.Tools.Count == 0)
        {
            request.ParallelToolCalls = null;
        }
    }

    private static bool Has(ChatRequest request, JsonText name)
    {
        foreach (Tool tool in request.Tools)
        {
            if (tool.Name.Equals(name))
            {
                return true;
            }
        }

        return false;
    }
}

using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Tools;

/// <summary>The <c>tools</c> array and <c>tool_choice</c>.</summary>
internal static class ToolFields
{
    /// <summary>
    /// Reads one tool. An entry whose <c>type</c> is present, non-null and not <c>custom</c> is run by the vendor or known to the model by that type.
    /// </summary>
    public static Tool Read(JsonNode node, out string? fault)
    {
        var fields = new MemberReader(node);
        JsonNode type = fields.Take("type"u8);
        var tool = new Tool { Origin = ProtocolId.Anthropic, Name = fields.Take("name"u8).Text };
        fault = !node.IsObject ? "Input should be an object" : null;
        if (fault is not null)
        {
            return tool;
        }

        if (!type.IsNull && !type.Text.Is("custom"u8))
        {
            tool.Raw = node.Raw;
            if (TypedTools.TryRead(node, type.Text, ref tool))
            {
                CacheControl.TryRead(node["cache_control"u8], out tool.Cache);
                return tool;
            }

            tool.Kind = ToolKind.Hosted;
            tool.Name = tool.Name.IsNullOrEmpty ? type.Text : tool.Name;
            return tool;
        }

        tool.Description = fields.Take("description"u8).Text;
        tool.Schema = fields.Take("input_schema"u8).Raw;
        tool.Strict = fields.Take("strict"u8).Bool;
        tool.IsDeferred = node["defer_loading"u8].IsTrue;
        if (!CacheControl.TryRead(fields.Take("cache_control"u8), out tool.Cache) || !type.IsMissing || fields.HasOthers)
        {
            tool.Raw = node.Raw;
        }

        fault = tool.Name.IsNullOrEmpty ? "name: Field required" : null;
        return tool;
    }

    /// <summary>Writes one tool as the next value.</summary>
    public static void Write(in Tool tool, JsonWriter output, ref Losses losses)
    {
        if (!tool.Raw.IsAbsent && tool.Origin == ProtocolId.Anthropic)
        {
            output.Raw(tool.Raw);
            return;
        }

        output.StartObject();
        output.Text("name"u8, tool.Name);
        output.TextIfPresent("description"u8, tool.Description);
        if (tool.Kind == ToolKind.Custom)
        {
            output.Raw("input_schema"u8, """{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"""u8);
            if (!tool.Format.IsNull)
            {
                losses.Add(LossField.CustomToolFormat);
            }
        }
        else if (tool.Schema.IsObject)
        {
            output.Raw("input_schema"u8, tool.Schema);
        }
        else
        {
            output.Raw("input_schema"u8, """{"type":"object","properties":{}}"""u8);
        }

        if (tool.Strict is bool strict)
        {
            output.Bool("strict"u8, strict);
        }

        CacheControl.Write(tool.Cache, output);
        output.EndObject();
    }

    /// <summary>Whether the tool may be offered under <paramref name="choice"/>; this protocol narrows a choice by offering fewer tools.</summary>
    public static bool IsOffered(in Tool tool, in ToolChoice choice)
    {
        if (choice.Kind != ToolChoiceKind.Allowed || choice.Allowed is null)
        {
            return true;
        }

        foreach (JsonText name in choice.Allowed)
        {
            if (name.Equals(tool.Name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads <c>tool_choice</c> and its parallel flag. False when it says more than the representation holds.</summary>
    public static bool TryReadChoice(JsonNode node, ref ToolChoice choice, ref bool? parallel, out string? fault)
    {
        fault = null;
        if (node.IsNull)
        {
            return true;
        }

        var fields = new MemberReader(node);
        JsonText type = fields.Take("type"u8).Text;
        choice.Kind = type switch
        {
            _ when type.Is("auto"u8) => ToolChoiceKind.Auto,
            _ when type.Is("any"u8) => ToolChoiceKind.Required,
            _ when type.Is("none"u8) => ToolChoiceKind.None,
            _ when type.Is("tool"u8) => ToolChoiceKind.Tool,
            _ => ToolChoiceKind.Unspecified,
        };
        if (choice.Kind == ToolChoiceKind.Tool)
        {
            choice.Name = fields.Take("name"u8).Text;
            fault = choice.Name.IsNullOrEmpty ? "tool_choice.tool.name: Field required" : null;
        }

        JsonNode single = fields.Take("disable_parallel_tool_use"u8);
        parallel = single.Bool is bool disabled ? !disabled : null;
        return choice.Kind != ToolChoiceKind.Unspecified && !fields.HasOthers;
    }

    /// <summary>
    /// Writes <c>tool_choice</c>, or nothing when nothing was said. Forced calls and thinking exclude each other
    /// (documentation of extended thinking, "tool choice"), so <paramref name="thinking"/> relaxes them.
    /// </summary>
    public static void WriteChoice(in ToolChoice choice, bool? parallel, bool thinking, JsonWriter output, ref Losses losses)
    {
        ToolChoiceKind kind = choice.Kind == ToolChoiceKind.Allowed
            ? choice.AllowedRequired ? ToolChoiceKind.Required : ToolChoiceKind.Auto
            : choice.Kind;
        if (thinking && kind is (ToolChoiceKind.Required or ToolChoiceKind.Tool))
        {
            kind = ToolChoiceKind.Auto;
            losses.Add(LossField.ToolChoice);
        }

        if (kind == ToolChoiceKind.Unspecified)
        {
            if (parallel != false)
            {
                return;
            }

            kind = ToolChoiceKind.Auto;
        }

        output.StartObject("tool_choice"u8);
        output.Literal("type"u8, kind switch
        {
            ToolChoiceKind.Required => "any"u8,
            ToolChoiceKind.None => "none"u8,
            ToolChoiceKind.Tool => "tool"u8,
            _ => "auto"u8,
        });
        if (kind == ToolChoiceKind.Tool)
        {
            output.Text("name"u8, choice.Name);
        }

        if (parallel is bool several && kind != ToolChoiceKind.None)
        {
            output.Bool("disable_parallel_tool_use"u8, !several);
        }

        output.EndObject();
    }
}

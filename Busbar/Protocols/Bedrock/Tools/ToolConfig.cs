using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Tools;

/// <summary>The <c>toolConfig</c> object: tools, cache points between them, and the choice.</summary>
internal static class ToolConfig
{
    /// <summary>Reads the object. False when it says more than the representation holds; <paramref name="fault"/> names a malformed field.</summary>
    public static bool TryRead(JsonNode node, ChatRequest request, out string? fault)
    {
        fault = null;
        var fields = new MemberReader(node);
        int position = 0;
        foreach (JsonNode item in fields.Take("tools"u8).Items)
        {
            if (CachePoints.TryRead(item, out CacheMark mark) && request.Tools is [.., { Cache: CacheMark.None } last])
            {
                last.Cache = mark;
                request.Tools[^1] = last;
            }
            else if (!TryReadTool(item, out Tool tool))
            {
                fault = $"toolConfig.tools.{position}.toolSpec.name";
                return true;
            }
            else
            {
                request.Tools.Add(tool);
            }

            position++;
        }

        bool isChoiceKnown = TryReadChoice(fields.Take("toolChoice"u8), ref request.ToolChoice);
        return isChoiceKnown && !fields.HasOthers;
    }

    /// <summary>
    /// Writes the object, or nothing: a choice alone is refused, and so are calls in the history without tools, for which tools of the same names
    /// stand in. <paramref name="kept"/> is the object as it came in this protocol, for what the representation does not hold.
    /// </summary>
    public static void Write(ChatRequest request, EgressTarget target, bool isChoiceElsewhere, JsonNode kept, JsonWriter output, ref Losses losses)
    {
        bool replay = request.Source == ProtocolId.Bedrock;
        bool hasCalls = !replay && HasCalls(request);
        bool isForbidden = request.ToolChoice.Kind == ToolChoiceKind.None;
        if ((request.Tools.Count == 0 && !hasCalls && kept.IsMissing) || (isForbidden && !hasCalls))
        {
            return;
        }

        // Tools must stay declared when the history has calls, and there is no way to forbid them.
        if (isForbidden && request.Tools.Count > 0)
        {
            losses.Add(LossField.ToolChoice);
        }

        output.StartObject("toolConfig"u8);
        output.StartArray("tools"u8);
        foreach (Tool tool in request.Tools)
        {
            WriteTool(tool, target, replay, output, ref losses);
            CachePoints.Write(tool.Cache, output);
        }

        if (request.Tools.Count == 0 && hasCalls)
        {
            WriteStandIns(request, output);
        }

        output.EndArray();
        if (request.Tools.Count > 0 && !isChoiceElsewhere)
        {
            WriteChoice(request.ToolChoice, output);
        }

        foreach (JsonMember member in kept.Members)
        {
            bool isWritten = member.Name.Is("tools"u8) || (member.Name.Is("toolChoice"u8) && request.ToolChoice.Kind != ToolChoiceKind.Unspecified);
            if (!isWritten)
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        output.EndObject();
    }

    private static bool TryReadTool(JsonNode node, out Tool tool)
    {
        tool = new Tool { Origin = ProtocolId.Bedrock };
        var fields = new MemberReader(node);
        JsonNode spec = fields.Take("toolSpec"u8);
        if (!spec.IsObject)
        {
            tool.Kind = ToolKind.Hosted;
            tool.Name = node["systemTool"u8]["name"u8].Text;
            tool.Raw = node.Raw;
            return node.IsObject;
        }

        var members = new MemberReader(spec);
        var schema = new MemberReader(members.Take("inputSchema"u8));
        tool.Name = members.Take("name"u8).Text;
        tool.Description = members.Take("description"u8).Text;
        tool.Strict = members.Take("strict"u8).Bool;
        tool.Schema = schema.Take("json"u8).Raw;
        if (fields.HasOthers || members.HasOthers || schema.HasOthers || tool.Schema.IsNull)
        {
            tool.Raw = node.Raw;
        }

        return !tool.Name.IsNullOrEmpty;
    }

    private static bool TryReadChoice(JsonNode node, ref ToolChoice choice)
    {
        var fields = new MemberReader(node);
        choice.Name = fields.Take("tool"u8)["name"u8].Text;
        choice.Kind = !choice.Name.IsNullOrEmpty ? ToolChoiceKind.Tool
            : fields.Take("any"u8).IsObject ? ToolChoiceKind.Required
            : fields.Take("auto"u8).IsObject ? ToolChoiceKind.Auto
            : ToolChoiceKind.Unspecified;
        return node.IsMissing || (choice.Kind != ToolChoiceKind.Unspecified && !fields.HasOthers);
    }

    private static void WriteTool(in Tool tool, EgressTarget target, bool replay, JsonWriter output, ref Losses losses)
    {
        if (!tool.Raw.IsAbsent && tool.Origin == ProtocolId.Bedrock)
        {
            output.Raw(tool.Raw);
            return;
        }

        output.StartObject();
        output.StartObject("toolSpec"u8);
        output.Text("name"u8, tool.Name);
        if (!tool.Description.IsNullOrEmpty)
        {
            output.Text("description"u8, tool.Description);
        }

        output.StartObject("inputSchema"u8);
        if (tool.Schema.IsObject)
        {
            output.Raw("json"u8, tool.Schema);
        }
        else
        {
            output.Raw("json"u8, """{"type":"object","properties":{}}"""u8);
        }

        output.EndObject();

        // Only models that bind their answers to a schema know the flag.
        if (tool.Strict is bool strict && (replay || (strict && target.Capabilities.StructuredOutput)))
        {
            output.Bool("strict"u8, strict);
        }
        else if (tool.Strict == true)
        {
            losses.Add(LossField.ToolStrict);
        }

        output.EndObject();
        output.EndObject();
    }

    private static bool HasCalls(ChatRequest request)
    {
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind is BlockKind.ToolUse or BlockKind.ToolResult)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static void WriteStandIns(ChatRequest request, JsonWriter output)
    {
        var written = new HashSet<JsonText>();
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse && written.Add(block.Name))
                {
                    WriteStandIn(block.Name, output);
                }
            }
        }

        if (written.Count == 0)
        {
            WriteStandIn(Unnamed, output);
        }
    }

    private static void WriteStandIn(JsonText name, JsonWriter output)
    {
        output.StartObject();
        output.StartObject("toolSpec"u8);
        output.Text("name"u8, name);
        output.Raw("inputSchema"u8, """{"json":{"type":"object","properties":{}}}"""u8);
        output.EndObject();
        output.EndObject();
    }

    private static void WriteChoice(in ToolChoice choice, JsonWriter output)
    {
        switch (choice.Kind)
        {
            case ToolChoiceKind.Required:
            case ToolChoiceKind.Allowed when choice.AllowedRequired:
                output.Raw("toolChoice"u8, """{"any":{}}"""u8);
                break;
            case ToolChoiceKind.Auto or ToolChoiceKind.Allowed:
                output.Raw("toolChoice"u8, """{"auto":{}}"""u8);
                break;
            case ToolChoiceKind.Tool:
                output.StartObject("toolChoice"u8);
                output.StartObject("tool"u8);
                output.Text("name"u8, choice.Name);
                output.EndObject();
                output.EndObject();
                break;
        }
    }

    private static readonly JsonText Unnamed = JsonText.From("tool");
}

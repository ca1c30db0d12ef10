using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini.Schemas;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Tools;

/// <summary>Reads <c>tools</c> and <c>toolConfig</c>.</summary>
internal static class ToolFields
{
    /// <summary>Reads both from the body's root.</summary>
    public static void Read(JsonNode root, ChatRequest request)
    {
        foreach (JsonNode tool in new OneOrMany(root["tools"u8]))
        {
            foreach (JsonMember member in tool.Members)
            {
                if (member.Value.IsNull)
                {
                    continue;
                }

                if (member.Name.Is("functionDeclarations"u8) || member.Name.Is("function_declarations"u8))
                {
                    ReadFunctions(member.Value, request);
                }
                else
                {
                    request.Tools.Add(Hosted(member, request.Arena));
                }
            }
        }

        JsonNode config = Spelling.Get(root, "toolConfig"u8, "tool_config"u8);
        ReadChoice(Spelling.Get(config, "functionCallingConfig"u8, "function_calling_config"u8), request);
        foreach (JsonMember member in config.Members)
        {
            if (!member.Name.Is("functionCallingConfig"u8) && !member.Name.Is("function_calling_config"u8))
            {
                request.Extra.Add(member);
            }
        }
    }

    private static void ReadFunctions(JsonNode declarations, ChatRequest request)
    {
        foreach (JsonNode declaration in new OneOrMany(declarations))
        {
            JsonText name = declaration["name"u8].Text;
            if (name.IsNullOrEmpty)
            {
                continue;
            }

            JsonNode schema = Spelling.Get(declaration, "parametersJsonSchema"u8, "parameters_json_schema"u8);
            request.Tools.Add(new()
            {
                Kind = ToolKind.Function,
                Name = name,
                Description = declaration["description"u8].Text,
                Schema = schema.IsNull ? SchemaLifting.Lift(declaration["parameters"u8], request.Arena) : schema.Raw,
                Raw = declaration.Raw,
                Origin = ProtocolId.Gemini,
            });
        }
    }

    private static Tool Hosted(in JsonMember member, IrArena arena)
    {
        using var entry = new PooledBuffer(256);
        var json = new JsonWriter(entry);
        json.StartObject();
        json.Raw(member.Name.Span, member.Value.Raw);
        json.EndObject();
        return new() { Kind = ToolKind.Hosted, Name = member.Name, Raw = new(arena.Store(entry.Span)), Origin = ProtocolId.Gemini };
    }

    private static void ReadChoice(JsonNode config, ChatRequest request)
    {
        List<JsonText> names = [];
        foreach (JsonNode name in new OneOrMany(Spelling.Get(config, "allowedFunctionNames"u8, "allowed_function_names"u8)))
        {
            if (!name.Text.IsNullOrEmpty)
            {
                names.Add(name.Text);
            }
        }

        string mode = config["mode"u8].Text.ToString().ToUpperInvariant();
        request.ToolChoice = (mode, names.Count) switch
        {
            ("NONE", _) => new() { Kind = ToolChoiceKind.None },
            ("ANY", 0) => new() { Kind = ToolChoiceKind.Required },
            ("ANY", 1) => new() { Kind = ToolChoiceKind.Tool, Name = names[0] },
            ("ANY", _) => new() { Kind = ToolChoiceKind.Allowed, Allowed = names, AllowedRequired = true },
            ("VALIDATED", > 0) => new() { Kind = ToolChoiceKind.Allowed, Allowed = names },
            ("AUTO" or "VALIDATED", _) => new() { Kind = ToolChoiceKind.Auto },
            _ => default,
        };
    }
}

using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>
/// Names that are unique over all groups of tools. A tool of a group is called by both names joined; the tools that this API knows by their type
/// share their names with functions that clients define, so they may have to give way.
/// </summary>
internal static class Namespaces
{
    /// <summary>The name of a group and that of one of its tools as one name.</summary>
    public static JsonText Join(JsonText group, JsonText name, IrArena arena) =>
        group.Span.EndsWith("__"u8) ? arena.Join([group, name], default) : arena.Join([group, name], "__"u8);

    /// <summary>Gives every tool of a group, and every call of one in the history, a name that no other tool has.</summary>
    public static void Separate(ChatRequest request)
    {
        Dictionary<ClientTool, JsonText>? names = null;
        HashSet<JsonText>? taken = null;
        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            if (IsSpecial(tool.Form, tool.Namespace))
            {
                taken ??= PlainNames(request);
                tool.Name = Find(new(tool.OwnName, tool.Namespace, tool.Form), tool.Name, request.Arena, taken, names ??= []);
                request.Tools[index] = tool;
            }
        }

        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse && IsSpecial(block.Form, block.Namespace))
                {
                    taken ??= PlainNames(request);
                    ToolForm form = block.Form == ToolForm.Custom ? ToolForm.Function : block.Form;
                    block.Name = Find(new(block.OwnName, block.Namespace, form), block.Name, request.Arena, taken, names ??= []);
                }

                foreach (Block child in block.Children ?? [])
                {
                    if (child.Kind == BlockKind.ToolReference && !child.Namespace.IsAbsent)
                    {
                        child.Name = Find(new(child.OwnName, child.Namespace), child.Name, request.Arena, taken ??= PlainNames(request), names ??=
                            []);
                    }
                }
            }
        }
    }

    private static bool IsSpecial(ToolForm form, JsonText group) => form > ToolForm.Custom || !group.IsAbsent;

    private static HashSet<JsonText> PlainNames(ChatRequest request)
    {
        HashSet<JsonText> plain = [];
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind != ToolKind.Hosted && !IsSpecial(tool.Form, tool.Namespace) && !tool.Name.IsAbsent)
            {
                plain.Add(tool.Name);
            }
        }

        return plain;
    }

    private static JsonText Find(ClientTool key, JsonText wanted, IrArena arena, HashSet<JsonText> taken, Dictionary<ClientTool, JsonText> names)
    {
        if (names.TryGetValue(key, out JsonText known))
        {
            return known;
        }

        JsonText name = wanted;
        for (int attempt = 0; !taken.Add(name); attempt++)
        {
            JsonText seed = arena.Join([wanted, key.Namespace.IsAbsent ? JsonText.Empty : key.Namespace, JsonText.From(new string('_', attempt))],
                "_"u8);
            name = ToolNames.Distinct(ProtocolId.Anthropic, wanted, seed, arena);
        }

        names.Add(key, name);
        return name;
    }
}

using System.Buffers;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>
/// Tool names each protocol accepts. An illegal character becomes an underscore; a name that had to be cut, or would meet another one, ends in a hash
/// of the original. The way back is kept in the <see cref="TranslationContext"/>.
/// </summary>
internal static class ToolNames
{
    private const int HashLength = 8;

    /// <summary>
    /// Renames tools, their calls and results in the history, and the tool choice; notes what the client calls those it knows by other names or
    /// forms.
    /// </summary>
    public static void Apply(ChatRequest request, ProtocolId egress, TranslationContext context)
    {
        Dictionary<JsonText, JsonText>? renamed = null;
        HashSet<JsonText>? taken = null;
        foreach (Tool tool in request.Tools)
        {
            Consider(request, tool.Name, egress, context, ref renamed, ref taken);
        }

        foreach (Message message in request.Messages)
        {
            Consider(request, message.Blocks, egress, context, ref renamed, ref taken);
        }

        // What is offered says how it is called, whatever the history says.
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    Note(block.Name, new(block.OwnName, block.Namespace, block.Form), renamed, context);
                }
            }
        }

        foreach (Tool tool in request.Tools)
        {
            // A host that answers with an object where free text was asked for is understood too.
            Note(tool.Name, new(tool.OwnName, tool.Namespace, tool.Kind == ToolKind.Custom ? ToolForm.Custom : tool.Form), renamed, context);
        }

        if (renamed is not null)
        {
            Rename(request, renamed);
        }
    }

    /// <summary><paramref name="name"/> itself when <paramref name="egress"/> accepts it, else a legal form of it.</summary>
    public static JsonText Legal(ProtocolId egress, JsonText name, IrArena arena) => IsLegal(egress, name.Span) ? name
        : Build(egress, name, name, arena, name.Escaped.Length > ProtocolTable.Get(egress).Tools.MaxName);

    /// <summary>A legal form of <paramref name="name"/> that no other <paramref name="seed"/> gives.</summary>
    public static JsonText Distinct(ProtocolId egress, JsonText name, JsonText seed, IrArena arena)
        => Build(egress, name, seed, arena, withHash: true);

    private static bool IsLegal(ProtocolId egress, ReadOnlySpan<byte> name)
    {
        ToolsForm form = ProtocolTable.Get(egress).Tools;
        return name.Length <= form.MaxName && !name.ContainsAnyExcept(form.NameCharacters) && (!form.NamesStartWithLetter || CanStart(name));
    }

    private static bool CanStart(ReadOnlySpan<byte> name) => name.IsEmpty || name[0] == (byte)'_' || char.IsAsciiLetter((char)name[0]);

    private static bool IsNamed(Block block) => block.Kind is BlockKind.ToolUse or BlockKind.ToolResult or BlockKind.ToolChange
        or BlockKind.ToolReference && !block.Name.IsNullOrEmpty;

    private static void Consider(
        ChatRequest request,
        List<Block> blocks,
        ProtocolId egress,
        TranslationContext context,
        ref Dictionary<JsonText, JsonText>? renamed,
        ref HashSet<JsonText>? taken)
    {
        foreach (Block block in blocks)
        {
            if (IsNamed(block))
            {
                Consider(request, block.Name, egress, context, ref renamed, ref taken);
            }

            if (block.Children is { Count: > 0 } children)
            {
                Consider(request, children, egress, context, ref renamed, ref taken);
            }
        }
    }

    private static void Consider(
        ChatRequest request,
        JsonText name,
        ProtocolId egress,
        TranslationContext context,
        ref Dictionary<JsonText, JsonText>? renamed,
        ref HashSet<JsonText>? taken)
    {
        if (IsLegal(egress, name.Span) || (renamed is not null && renamed.ContainsKey(name)))
        {
            return;
        }

        taken ??= Names(request);
        JsonText legal = Legal(egress, name, request.Arena);
        if (taken.Contains(legal))
        {
            legal = Distinct(egress, name, name, request.Arena);
        }

        taken.Add(legal);
        (renamed ??= []).Add(name, legal);
        context.AddTool(legal, new(name));
        context.Losses.Add(LossField.ToolName);
    }

    private static void Note(JsonText name, ClientTool tool, Dictionary<JsonText, JsonText>? renamed, TranslationContext context)
    {
        if (tool.Form != ToolForm.Function || !tool.Namespace.IsAbsent)
        {
            JsonText known = renamed is null ? name : renamed.GetValueOrDefault(name, name);
            context.AddTool(known, tool.Name.IsAbsent ? tool with { Name = name } : tool);
        }
    }

    private static HashSet<JsonText> Names(ChatRequest request)
    {
        var names = new HashSet<JsonText>(request.Tools.Count);
        foreach (Tool tool in request.Tools)
        {
            names.Add(tool.Name);
        }

        return names;
    }

    private static void Rename(ChatRequest request, Dictionary<JsonText, JsonText> renamed)
    {
        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            tool.Name = renamed.GetValueOrDefault(tool.Name, tool.Name);
            request.Tools[index] = tool;
        }

        foreach (Message message in request.Messages)
        {
            Rename(message.Blocks, renamed);
        }

        ref ToolChoice choice = ref request.ToolChoice;
        if (!choice.Name.IsAbsent)
        {
            choice.Name = renamed.GetValueOrDefault(choice.Name, choice.Name);
        }

        for (int index = 0; index < (choice.Allowed?.Count ?? 0); index++)
        {
            choice.Allowed![index] = renamed.GetValueOrDefault(choice.Allowed[index], choice.Allowed[index]);
        }
    }

    private static void Rename(List<Block> blocks, Dictionary<JsonText, JsonText> renamed)
    {
        foreach (Block block in blocks)
        {
            if (IsNamed(block))
            {
                block.Name = renamed.GetValueOrDefault(block.Name, block.Name);
            }

            if (block.Children is { Count: > 0 } children)
            {
                Rename(children, renamed);
            }
        }
    }

    private static JsonText Build(ProtocolId egress, JsonText name, JsonText seed, IrArena arena, bool withHash)
    {
        ToolsForm form = ProtocolTable.Get(egress).Tools;
        using var plain = new PooledBuffer(name.Escaped.Length + 1);
        if (!CanStart(name.Span) && form.NamesStartWithLetter)
        {
            plain.Write((byte)'_');
        }

        JsonEscaping.Unescape(name.Span, plain);
        Span<byte> legal = stackalloc byte[form.MaxName];
        withHash |= plain.Length > legal.Length;
        int kept = Math.Min(plain.Length, withHash ? legal.Length - HashLength - 1 : legal.Length);
        plain.Span[..kept].CopyTo(legal);
        SearchValues<byte> allowed = form.NameCharacters;
        for (int at = 0; legal[at..kept].IndexOfAnyExcept(allowed) is >= 0 and var next; at += next)
        {
            legal[at + next] = (byte)'_';
        }

        if (withHash)
        {
            legal[kept++] = (byte)'_';
            ToolIds.Hash(seed.Span, legal.Slice(kept, HashLength));
            kept += HashLength;
        }

        return arena.StoreText(legal[..kept]);
    }
}

using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>
/// Tools whose offer depends on the conversation. No other vendor defers tools, so those that nothing has referred to yet are held back here, and
/// what refers to a tool becomes words.
/// </summary>
internal static class LoadedTools
{
    private static readonly JsonText None = JsonText.From("No tools were found.");
    private static readonly JsonText One = JsonText.From("This tool can be called now: ");
    private static readonly JsonText Several = JsonText.From("These tools can be called now: ");

    /// <summary>
    /// Applies what turns change about the set of tools, leaves each tool there once, and holds back what is deferred and not referred to. Null on
    /// success, otherwise what to tell the client.
    /// </summary>
    public static GatewayError? Apply(ChatRequest request, ref Losses losses)
    {
        ApplyChanges(request);
        if (DropRepeated(request, ref losses) is { } conflict)
        {
            return conflict;
        }

        HoldBack(request, ref losses);
        return null;
    }

    /// <summary>Says in words which tools a result refers to. Runs once the tools have the names that the target knows them by.</summary>
    public static void Say(ChatRequest request)
    {
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block is { Kind: BlockKind.ToolResult, Form: ToolForm.ToolSearch } && block.Children is not { Count: > 0 })
                {
                    block.AddChild(request.Arena.NewText(None));
                }
                else if (block.Children is { Count: > 0 } children && children.Exists(static child => child.Kind == BlockKind.ToolReference))
                {
                    Say(children, request.Arena);
                }
            }
        }
    }

    private static void Say(List<Block> children, IrArena arena)
    {
        int first = children.FindIndex(static child => child.Kind == BlockKind.ToolReference);
        List<JsonText> names = [];
        foreach (Block child in children)
        {
            if (child.Kind == BlockKind.ToolReference)
            {
                names.Add(child.Name);
            }
        }

        JsonText list = arena.Join(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(names), ", "u8);
        children[first] = arena.NewText(arena.Join([names.Count == 1 ? One : Several, list], default));
        children.RemoveAll(static child => child.Kind == BlockKind.ToolReference);
    }

    // What a turn adds stands among the tools already, or was deferred; what one takes away goes.
    private static void ApplyChanges(ChatRequest request)
    {
        HashSet<JsonText>? removed = null;
        for (int turn = 0; turn < request.Messages.Count; turn++)
        {
            List<Block> blocks = request.Messages[turn].Blocks;
            int before = blocks.Count;
            for (int index = 0; index < blocks.Count; index++)
            {
                Block change = blocks[index];
                int tool = change.Kind == BlockKind.ToolChange ? Find(request, change.Name) : -1;
                if (tool < 0)
                {
                    continue;
                }

                Tool changed = request.Tools[tool];
                changed.IsDeferred &= change.IsError;
                request.Tools[tool] = changed;
                if (change.IsError)
                {
                    (removed ??= []).Add(change.Name);
                }
                else
                {
                    removed?.Remove(change.Name);
                }

                blocks.RemoveAt(index--);
            }

            if (blocks.Count == 0 && before > 0)
            {
                request.Messages.RemoveAt(turn--);
            }
        }

        if (removed is { Count: > 0 })
        {
            request.Tools.RemoveAll(tool => removed.Contains(tool.Name));
        }
    }

    // A tool that an item loads again replaces the one before it; two of a name in one list are told apart by nobody.
    private static GatewayError? DropRepeated(ChatRequest request, ref Losses losses)
    {
        if (request.Tools.Count < 2)
        {
            return null;
        }

        var places = new Dictionary<JsonText, int>(request.Tools.Count);
        int kept = 0;
        for (int index = 0; index < request.Tools.Count; index++)
        {
            Tool tool = request.Tools[index];
            if (tool.Kind == ToolKind.Hosted || places.TryAdd(tool.Name, kept))
            {
                request.Tools[kept++] = tool;
                continue;
            }

            int place = places[tool.Name];
            Tool known = request.Tools[place];
            if (!tool.IsLoaded && !IsSame(tool, known))
            {
                return new(
                    ErrorKind.InvalidRequest,
                    $"tools: Tool names must be unique. '{tool.Name}' is defined twice, in different ways.",
                    Param: "tools",
                    Code: "invalid_value");
            }

            if (!tool.IsLoaded)
            {
                losses.Add(LossField.DuplicateTool);
            }

            known.IsDeferred &= tool.IsDeferred && !tool.IsLoaded;
            if (tool.IsLoaded)
            {
                tool.IsDeferred = false;
                known = tool;
            }

            request.Tools[place] = known;
        }

        request.Tools.RemoveRange(kept, request.Tools.Count - kept);
        return null;
    }

    private static bool IsSame(in Tool one, in Tool other) =>
        one.Kind == other.Kind && one.Form == other.Form && one.Strict == other.Strict && one.Description.Equals(other.Description)
        && one.Schema.Span.SequenceEqual(other.Schema.Span) && one.Format.Span.SequenceEqual(other.Format.Span);

    // A search that only the vendor can run finds nothing elsewhere: then everything is offered.
    private static void HoldBack(ChatRequest request, ref Losses losses)
    {
        if (!request.Tools.Exists(static tool => tool.IsDeferred)
            || request.Tools.Exists(static tool => tool.Kind == ToolKind.Hosted && IsToolSearch(tool.Name))
            || request.Tools.TrueForAll(static tool => tool.IsDeferred || tool.Kind == ToolKind.Hosted))
        {
            return;
        }

        HashSet<JsonText> wanted = [.. request.ToolChoice.Allowed ?? []];
        if (!request.ToolChoice.Name.IsAbsent)
        {
            wanted.Add(request.ToolChoice.Name);
        }

        foreach (Message message in request.Messages)
        {
            AddReferred(message.Blocks, wanted);
        }

        if (request.Tools.RemoveAll(tool => tool is { IsDeferred: true, IsLoaded: false } && !wanted.Contains(tool.Name)) > 0)
        {
            losses.Add(LossField.DeferredTool);
        }
    }

    private static void AddReferred(List<Block> blocks, HashSet<JsonText> wanted)
    {
        foreach (Block block in blocks)
        {
            if (block.Kind is BlockKind.ToolUse or BlockKind.ToolReference)
            {
                wanted.Add(block.Name);
            }

            if (block.Children is { Count: > 0 } children)
            {
                AddReferred(children, wanted);
            }
        }
    }

    private static bool IsToolSearch(JsonText name) => name.Span.StartsWith("tool_search"u8);

    private static int Find(ChatRequest request, JsonText name)
    {
        for (int index = 0; index < request.Tools.Count; index++)
        {
            if (request.Tools[index].Name.Equals(name))
            {
                return index;
            }
        }

        return -1;
    }
}

using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Brings the turns of a conversation into an order the target accepts.</summary>
internal static class TurnNormaliser
{
    private static readonly JsonText Opening = JsonText.From(".");

    private static readonly JsonText Continue = JsonText.From("Continue.");

    private static readonly JsonSlice EmptyObject = JsonSlice.From("{}"u8);

    private static readonly JsonText NoResult = JsonText.From("(no result)");

    /// <summary>Applies every rule that <paramref name="egress"/> needs.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, Capabilities capabilities, ref Losses losses)
    {
        bool isStrict = IsStrict(egress);
        DropBlanks(request.System, egress);
        foreach (Message message in request.Messages)
        {
            DropBlanks(message.Blocks, egress);

            // Some clients send each result in a user turn of its own; together they answer the turn before.
            bool isResults = message.Role == Role.User && message.Blocks.Count > 0
                && message.Blocks.TrueForAll(static block => block.Kind == BlockKind.ToolResult);
            message.Role = isResults ? Role.Tool : message.Role;
            if (isStrict)
            {
                MakeObjects(message.Blocks, request.Arena);
            }
        }

        RemoveEmpty(request, ref losses);
        if (isStrict)
        {
            Hoist(request, egress, capabilities, ref losses);
        }

        MergeTurns(request, egress);
        SystemTurns.Place(request, endsTurns: isStrict, ref losses);
        MergeTurns(request, egress);
        ResultPairing.Apply(request, ref losses);
        foreach (Message message in request.Messages)
        {
            message.Role = isStrict && message.Role == Role.Tool ? Role.User : message.Role;
        }

        RemoveEmpty(request, ref losses);
        MergeTurns(request, egress);
        AnswerCalls(request, isStrict, ref losses);
        if (isStrict)
        {
            foreach (Message message in request.Messages)
            {
                PutResultsFirst(message);
            }

            OpenWithUser(request, ref losses);
        }
        else if (request.Messages.TrueForAll(static message => message.Role == Role.System))
        {
            AddUser(request, request.Messages.Count, ref losses);
        }

        if (!capabilities.Prefill)
        {
            CloseWithUser(request, ref losses);
        }
        else if (ProtocolTable.Get(egress).Blocks.RefusesBlanks)
        {
            TrimPrefill(request, ref losses);
        }
    }

    /// <summary>Removes turns without blocks and joins what then stands side by side.</summary>
    public static void DropEmptyTurns(ChatRequest request, ProtocolId target)
    {
        request.Messages.RemoveAll(static message => message.Blocks.Count == 0);
        MergeTurns(request, target);
    }

    // These refuse turns that do not alternate, or that do not begin with the user.
    private static bool IsStrict(ProtocolId egress) => ProtocolTable.Get(egress).Blocks.Alternates;

    // A last word of the user's that says nothing must not leave the last word to the assistant.
    private static void RemoveEmpty(ChatRequest request, ref Losses losses)
    {
        if (request.Messages is [.., { Blocks.Count: 0, Role: Role.User or Role.Tool } last]
            && request.Messages is [_] or [.., { Role: not (Role.User or Role.Tool) }, _])
        {
            last.Role = Role.User;
            last.Blocks.Add(request.Arena.NewText(Opening));
            losses.Add(LossField.EmptyTurn);
        }

        if (request.Messages.RemoveAll(static message => message.Blocks.Count == 0) > 0)
        {
            losses.Add(LossField.EmptyTurn);
        }
    }

    private static void Hoist(ChatRequest request, ProtocolId egress, Capabilities capabilities, ref Losses losses)
    {
        bool keepsPlace = capabilities.MidSystem && ProtocolTable.Get(egress).Blocks.HasSystemTurns;
        bool isLeading = true;
        int kept = 0;
        for (int index = 0; index < request.Messages.Count; index++)
        {
            Message message = request.Messages[index];
            bool isSystem = message.Role == Role.System;
            isLeading &= isSystem;
            if (!isSystem || (keepsPlace && !isLeading))
            {
                request.Messages[kept++] = message;
                continue;
            }

            request.System.AddRange(message.Blocks);
            if (!isLeading)
            {
                losses.Add(LossField.SystemPosition);
            }
        }

        request.Messages.RemoveRange(kept, request.Messages.Count - kept);
    }

    private static void DropBlanks(List<Block> blocks, ProtocolId egress)
    {
        bool refusesBlank = ProtocolTable.Get(egress).Blocks.RefusesBlanks;
        int kept = 0;
        for (int index = 0; index < blocks.Count; index++)
        {
            Block block = blocks[index];
            bool isEmpty = block.Kind is BlockKind.Text or BlockKind.Refusal && block.Signature.IsNullOrEmpty
                && (block.Text.IsNullOrEmpty || (refusesBlank && BlankText.Is(block.Text)));
            if (!isEmpty)
            {
                blocks[kept++] = block;
            }
            else if (block.Cache != CacheMark.None && kept > 0 && blocks[kept - 1].Cache == CacheMark.None)
            {
                blocks[kept - 1].Cache = block.Cache;
            }

            if (refusesBlank && block.Kind is BlockKind.ToolResult or BlockKind.SearchResult && block.Children is { Count: > 0 } children)
            {
                DropBlanks(children, egress);
            }
        }

        blocks.RemoveRange(kept, blocks.Count - kept);
    }

    private static void MakeObjects(List<Block> blocks, IrArena arena)
    {
        foreach (Block block in blocks)
        {
            if (block.Kind != BlockKind.ToolUse || block.Input.IsObject)
            {
                continue;
            }

            if (block.Input.IsAbsent && !block.InputText.IsNullOrEmpty)
            {
                JsonSlice parsed = arena.StoreParsed(block.InputText);
                block.Input = parsed.IsAbsent ? Quoted(block.InputText, arena) : parsed;
            }

            if (!block.Input.IsObject)
            {
                block.Input = block.Input.IsNull ? EmptyObject : Wrapped(block.Input, arena);
            }

            block.InputText = default;
        }
    }

    private static JsonSlice Quoted(JsonText text, IrArena arena)
    {
        using var json = new PooledBuffer(text.Escaped.Length + 2);
        new JsonWriter(json).Text(text);
        return new(arena.Store(json.Span));
    }

    private static JsonSlice Wrapped(JsonSlice value, IrArena arena)
    {
        using var json = new PooledBuffer(value.Raw.Length + 16);
        var writer = new JsonWriter(json);
        writer.StartObject();
        writer.Raw("args"u8, value);
        writer.EndObject();
        return new(arena.Store(json.Span));
    }

    // Assistant turns are joined everywhere: a call and the words around it are one turn to every provider.
    private static void MergeTurns(ChatRequest request, ProtocolId egress)
    {
        bool joinsUsers = IsStrict(egress);
        int kept = 0;
        for (int index = 0; index < request.Messages.Count; index++)
        {
            Message message = request.Messages[index];
            Message? last = kept > 0 ? request.Messages[kept - 1] : null;
            if (last?.Role == message.Role && (message.Role is Role.Assistant or Role.Tool || (joinsUsers && message.Role == Role.User)))
            {
                last.Blocks.AddRange(message.Blocks);
            }
            else
            {
                request.Messages[kept++] = message;
            }
        }

        request.Messages.RemoveRange(kept, request.Messages.Count - kept);
    }

    private static void PutResultsFirst(Message message)
    {
        List<Block> blocks = message.Blocks;
        int words = blocks.FindIndex(static block => block.Kind != BlockKind.ToolResult);
        if (words < 0 || blocks.FindIndex(words, static block => block.Kind == BlockKind.ToolResult) < 0)
        {
            return;
        }

        List<Block> others = blocks.FindAll(static block => block.Kind != BlockKind.ToolResult);
        blocks.RemoveAll(static block => block.Kind != BlockKind.ToolResult);
        blocks.AddRange(others);
    }

    // Every vendor refuses a call that the next turn does not answer; the last turn's calls are answered by what the client sends next.
    private static void AnswerCalls(ChatRequest request, bool isStrict, ref Losses losses)
    {
        List<Message>? rebuilt = null;
        var answered = new HashSet<JsonText>();
        for (int turn = 0; turn < request.Messages.Count; turn++)
        {
            Message message = request.Messages[turn];
            rebuilt?.Add(message);
            if (message.Role != Role.Assistant || turn + 1 == request.Messages.Count
                || !message.Blocks.Exists(static block => block.Kind == BlockKind.ToolUse))
            {
                continue;
            }

            Message next = request.Messages[turn + 1];
            answered.Clear();
            Collect(next, answered);
            Message? home = next.Role == Role.Tool || (isStrict && next.Role == Role.User) ? next : null;
            foreach (Block block in message.Blocks)
            {
                if (block.Kind != BlockKind.ToolUse || !answered.Add(block.Id))
                {
                    continue;
                }

                if (home is null)
                {
                    home = request.Arena.NewMessage(isStrict ? Role.User : Role.Tool);
                    rebuilt ??= request.Messages[..(turn + 1)];
                    rebuilt.Add(home);
                }

                Block result = request.Arena.NewBlock(BlockKind.ToolResult);
                result.Id = block.Id;
                result.AddChild(request.Arena.NewText(NoResult));
                home.Blocks.Add(result);
                losses.Add(LossField.UnansweredCall);
            }
        }

        if (rebuilt is not null)
        {
            request.Messages.Clear();
            request.Messages.AddRange(rebuilt);
        }
    }

    private static void Collect(Message turn, HashSet<JsonText> answered)
    {
        foreach (Block block in turn.Blocks)
        {
            if (block.Kind == BlockKind.ToolResult)
            {
                answered.Add(block.Id);
            }
        }
    }

    private static void OpenWithUser(ChatRequest request, ref Losses losses)
    {
        if (request.Messages.Count == 0 || request.Messages[0].Role == Role.Assistant)
        {
            AddUser(request, 0, ref losses);
        }
    }

    private static void AddUser(ChatRequest request, int at, ref Losses losses)
    {
        Message opening = request.Arena.NewMessage(Role.User);
        opening.Blocks.Add(request.Arena.NewText(Opening));
        request.Messages.Insert(at, opening);
        losses.Add(LossField.FirstTurn);
    }

    // The service refuses an answer begun with white space at its end.
    private static void TrimPrefill(ChatRequest request, ref Losses losses)
    {
        if (request.Messages is not [.., { Role: Role.Assistant, Blocks: [.., { Kind: BlockKind.Text } last] blocks }])
        {
            return;
        }

        JsonText trimmed = BlankText.TrimEnd(last.Text);
        if (trimmed.Escaped.Length == last.Text.Escaped.Length)
        {
            return;
        }

        last.Text = trimmed;
        losses.Add(LossField.AssistantPrefill);
        if (trimmed.IsNullOrEmpty)
        {
            blocks.Remove(last);
            RemoveEmpty(request, ref losses);
        }
    }

    private static void CloseWithUser(ChatRequest request, ref Losses losses)
    {
        if (request.Messages is [.., { Role: Role.Assistant } last] && !last.Blocks.Exists(static block => block.Kind == BlockKind.ToolUse))
        {
            request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(Continue));
            losses.Add(LossField.AssistantPrefill);
        }
    }
}

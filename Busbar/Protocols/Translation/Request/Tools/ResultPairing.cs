using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>Puts every tool result into the turn after its call; one that answers no call becomes words. One pass over turns and blocks.</summary>
internal struct ResultPairing
{
    // Calls of the turn before that are looked through without an index: the usual case.
    private const int FewCalls = 64;

    private readonly List<Message> _messages;
    private readonly IrArena _arena;
    private Dictionary<JsonText, int>? _calls;
    private Dictionary<int, List<Block>>? _moved;

    // The last turn so far that holds anything but results.
    private int _lastWords = -1;

    private ResultPairing(ChatRequest request) => (_messages, _arena) = (request.Messages, request.Arena);

    /// <summary>Reorders the turns of <paramref name="request"/>. What answers no call is noted in <paramref name="losses"/>.</summary>
    public static void Apply(ChatRequest request, ref Losses losses)
    {
        var pairing = new ResultPairing(request);
        for (int turn = 0; turn < request.Messages.Count; turn++)
        {
            pairing.Pair(turn, ref losses);
        }

        pairing.InsertMoved();
    }

    private void Pair(int turn, ref Losses losses)
    {
        Message message = _messages[turn];
        List<Block>? kept = null;
        bool hasWords = message.Role == Role.Assistant;
        for (int index = 0; index < message.Blocks.Count; index++)
        {
            Block block = message.Blocks[index];
            int call = block.Kind == BlockKind.ToolResult ? FindCall(turn, block.Id) : turn;
            bool isOrphan = call < 0;
            bool moves = !isOrphan && call < turn && IsInterrupted(call, turn);
            if (isOrphan || moves)
            {
                kept ??= message.Blocks[..index];
            }

            if (isOrphan)
            {
                losses.Add(LossField.OrphanToolResult);
                int before = kept!.Count;
                AddWords(kept, block);
                hasWords |= kept.Count > before;
                message.Role = Role.User;
            }
            else if (moves)
            {
                Move(block, call + 1);
            }
            else
            {
                hasWords |= block.Kind != BlockKind.ToolResult;
                kept?.Add(block);
            }
        }

        if (kept is not null)
        {
            message.Blocks.Clear();
            message.Blocks.AddRange(kept);
        }

        _lastWords = hasWords ? turn : _lastWords;
    }

    private int FindCall(int before, JsonText id)
    {
        if (before > 0 && Calls(_messages[before - 1], id))
        {
            return before - 1;
        }

        _calls ??= IndexCalls(_messages);
        return _calls.TryGetValue(id, out int turn) && turn < before ? turn : -1;
    }

    private static bool Calls(Message message, JsonText id)
    {
        for (int index = 0; index < Math.Min(message.Blocks.Count, FewCalls); index++)
        {
            if (message.Blocks[index].Kind == BlockKind.ToolUse && message.Blocks[index].Id.Equals(id))
            {
                return true;
            }
        }

        return false;
    }

    private static Dictionary<JsonText, int> IndexCalls(List<Message> messages)
    {
        var calls = new Dictionary<JsonText, int>();
        for (int turn = 0; turn < messages.Count; turn++)
        {
            foreach (Block block in messages[turn].Blocks)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    calls.TryAdd(block.Id, turn);
                }
            }
        }

        return calls;
    }

    // An answer of the model, or words of the user, stand between the call and its result.
    private readonly bool IsInterrupted(int call, int result) =>
        result > call + 1 && _messages[call + 1].Role is not (Role.Assistant or Role.System) && _lastWords > call;

    private void Move(Block result, int home)
    {
        _moved ??= [];
        if (!_moved.TryGetValue(home, out List<Block>? moved))
        {
            _moved.Add(home, moved = []);
        }

        moved.Add(result);
    }

    private readonly void InsertMoved()
    {
        foreach ((int home, List<Block> moved) in _moved ?? [])
        {
            List<Block> blocks = _messages[home].Blocks;
            int words = blocks.FindIndex(static block => block.Kind != BlockKind.ToolResult);
            blocks.InsertRange(words < 0 ? blocks.Count : words, moved);
        }
    }

    private readonly void AddWords(List<Block> blocks, Block result)
    {
        foreach (Block child in result.Children ?? [])
        {
            if (child.Kind == BlockKind.Json)
            {
                using var escaped = new PooledBuffer((child.Input.Raw.Length * 2) + 1);
                JsonEscaping.Escape(child.Input.Span, escaped);
                blocks.Add(_arena.NewText(_arena.StoreText(escaped.Span)));
            }
            else
            {
                blocks.Add(child);
            }
        }
    }
}

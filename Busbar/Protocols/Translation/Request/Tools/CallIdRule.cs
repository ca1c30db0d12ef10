using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>
/// Ids of calls and results as the target takes them: of its shape, and each for one call only. Hosts that number calls per turn, or give parallel
/// calls one id, leave histories in which an id stands for several calls; its results then answer them in order. What a call is named follows from
/// its id and from how often that id came before.
/// </summary>
internal static class CallIdRule
{
    /// <summary>
    /// Renames, and drops a result that says once more what was answered already; a second, different answer to one call becomes one without a call.
    /// </summary>
    public static void Apply(ChatRequest request, ProtocolId egress, Capabilities capabilities, TranslationContext context)
    {
        int calls = 0;
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                calls += block.Kind == BlockKind.ToolUse ? 1 : 0;
            }
        }

        context.ExpectCallIds(calls);
        var pass = new Pass(request.Arena, egress, capabilities.ShortCallIds, calls);
        int run = 0;
        foreach (Message message in request.Messages)
        {
            run += message.Role == Role.Assistant ? 0 : 1;
            int kept = 0;
            for (int index = 0; index < message.Blocks.Count; index++)
            {
                Block block = message.Blocks[index];
                if (block.Kind == BlockKind.ToolUse)
                {
                    context.TryTakeCallId(block.Id);
                    pass.Call(block, run);
                }
                else if (block.Kind == BlockKind.ToolResult && !pass.TryAnswer(block))
                {
                    context.Losses.Add(LossField.RepeatedToolResult);
                    continue;
                }

                message.Blocks[kept++] = block;
            }

            message.Blocks.RemoveRange(kept, message.Blocks.Count - kept);
        }
    }

    private sealed class Uses
    {
        /// <summary>Bytes of memory for one, with its places in what is looked up here and kept for the answer.</summary>
        public const int Cost = 192;

        // Nearly every id stands for one call: the queue is for those that stand for more.
        private JsonText? _open;
        private Queue<JsonText>? _more;

        public int Run { get; set; } = -1;

        public int Count { get; set; }

        public int Extra { get; set; }

        public JsonText Current { get; set; }

        public Block? Answer { get; set; }

        public void Open(JsonText id)
        {
            if (_open is null && _more is not { Count: > 0 })
            {
                _open = id;
                return;
            }

            (_more ??= []).Enqueue(id);
        }

        public bool TryClose(out JsonText id)
        {
            if (_open is { } open)
            {
                (id, _open) = (open, null);
                return true;
            }

            id = default;
            return _more?.TryDequeue(out id) == true;
        }

        public void CloseAll()
        {
            _open = null;
            _more?.Clear();
        }
    }

    private sealed class Pass(IrArena arena, ProtocolId egress, bool isShort, int calls)
    {
        // With room for all: growing would leave as much behind.
        private readonly Dictionary<JsonText, Uses> _uses = new(calls);
        private readonly HashSet<JsonText> _taken = new(calls);
        private readonly Dictionary<JsonText, Block> _named = [];

        public void Call(Block call, int run)
        {
            if (!_uses.TryGetValue(call.Id, out Uses? uses))
            {
                arena.Allowance?.Take(Uses.Cost);
                _uses[call.Id] = uses = new Uses();
            }

            // What an earlier turn called and nobody answered is not answered by what follows a later call.
            if (uses.Run != run)
            {
                uses.CloseAll();
                uses.Run = run;
            }

            JsonText id = ++uses.Count == 1 ? ToolIds.ToProvider(egress, call.Id, arena, isShort)
                : ToolIds.Repeated(egress, call.Id, uses.Count, arena, isShort);
            for (int more = -1; !_taken.Add(id); more--)
            {
                id = ToolIds.Repeated(egress, call.Id, more, arena, isShort);
            }

            uses.Open(id);
            uses.Current = id;
            call.Id = id;
        }

        /// <summary>False for a copy of the last answer to the same call.</summary>
        public bool TryAnswer(Block result)
        {
            JsonText id = result.Id;
            if (!_uses.TryGetValue(id, out Uses? uses))
            {
                // Results without ids are known by their name: a client that goes on with a saved session may send them twice.
                if (!result.Name.IsNullOrEmpty && _named.TryGetValue(result.Name, out Block? named) && BlockContent.AreEqual(named, result))
                {
                    return false;
                }

                result.Id = ToolIds.ToProvider(egress, id, arena, isShort);
            }
            else if (uses.TryClose(out JsonText open))
            {
                uses.Answer = result;
                _named[result.Name] = result;
                uses.Current = open;
                result.Id = open;
            }
            else if (uses.Answer is { } answer && BlockContent.AreEqual(answer, result))
            {
                return false;
            }
            else
            {
                result.Id = ToolIds.Repeated(egress, id, int.MinValue + uses.Extra++, arena, isShort);
            }

            Inside(result.Children);
            return true;
        }

        private void Inside(List<Block>? blocks)
        {
            foreach (Block block in blocks ?? [])
            {
                if (block.Kind is BlockKind.ToolUse or BlockKind.ToolResult)
                {
                    block.Id = _uses.TryGetValue(block.Id, out Uses? uses) ? uses.Current : ToolIds.ToProvider(egress, block.Id, arena, isShort);
                }

                Inside(block.Children);
            }
        }
    }
}

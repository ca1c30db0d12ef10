using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Summaries that stand for a conversation: those a client sends, and the one it asks for.</summary>
internal static class SummaryRule
{
    private static readonly JsonText Heading = JsonText.From("Summary of the conversation before this point:\n\n");

    private static readonly JsonText Instruction = JsonText.From(
        "Summarise the conversation above, so that another model can go on with the work from your summary alone. Say what the user wants and in " +
            "which words it was "
        + "limited, what was done and decided and why, what was found out (names, paths, values and commands exactly as they are), what failed, " +
            "what is unfinished, "
        + "and what comes next. Call no tools. Answer with the summary only.");

    /// <summary>
    /// Turns the summaries of <paramref name="request"/> into words, and the wish for one into an instruction. Null on success; otherwise what to
    /// tell a client whose summary only another vendor can read.
    /// </summary>
    public static GatewayError? Apply(ChatRequest request, TranslationContext context)
    {
        for (int turn = request.Messages.Count - 1; turn >= 0; turn--)
        {
            List<Block> blocks = request.Messages[turn].Blocks;
            int at = blocks.FindLastIndex(static block => block.Kind == BlockKind.Summary);
            if (at < 0)
            {
                continue;
            }

            if (blocks[at].Text.IsAbsent && IsOfSealed(blocks[at]))
            {
                return new(
                    ErrorKind.InvalidRequest,
                    "The 'encrypted_content' of the compaction item in 'input' was made for another model and cannot be read by this one. Send the " +
                        "conversation itself, or go on with the model that compacted it.",
                    Param: "input",
                    Code: "invalid_encrypted_content");
            }

            turn = Tell(request, turn, at);
        }

        if (request.WantsSummary)
        {
            Ask(request, context);
        }

        return null;
    }

    /// <summary>
    /// Turns the summaries that this gateway wrapped into words, for their own protocol, where no vendor could read them. False when there are none.
    /// </summary>
    public static bool Unwrap(ChatRequest request)
    {
        bool found = false;
        foreach (Message message in request.Messages)
        {
            if (message.Blocks is [{ Kind: BlockKind.Summary, Text.IsAbsent: false } summary] && IsOfSealed(summary))
            {
                Speak(message, summary, request.Arena);
                found = true;
            }
        }

        return found;
    }

    private static bool IsOfSealed(Block summary) => ProtocolTable.Get(summary.Origin).Blocks.HasSealedSummaries;

    // Returns the turn to go on before.
    private static int Tell(ChatRequest request, int turn, int at)
    {
        Message message = request.Messages[turn];
        Block summary = message.Blocks[at];
        if (summary.Text.IsNullOrEmpty)
        {
            // A compaction that failed: what is before it still stands.
            message.Blocks.RemoveAt(at);
            if (message.Blocks.Count == 0)
            {
                request.Messages.RemoveAt(turn);
                return turn;
            }

            return turn + 1;
        }

        if (ProtocolTable.Get(summary.Origin).Blocks.SummariesReplace)
        {
            message.Blocks.RemoveRange(0, at + 1);
            request.Messages.RemoveRange(0, message.Blocks.Count == 0 ? turn + 1 : turn);
            Message told = request.Arena.NewMessage(Role.User);
            told.Blocks.Add(summary);
            request.Messages.Insert(0, told);
            Speak(told, summary, request.Arena);
            return 0;
        }

        Speak(message, summary, request.Arena);
        return turn;
    }

    private static void Speak(Message message, Block summary, IrArena arena)
    {
        JsonText words = arena.Join([Heading, summary.Text], default);
        summary.Reset(BlockKind.Text);
        summary.Text = words;
        message.Raw = default;
        message.Role = Role.User;
    }

    private static void Ask(ChatRequest request, TranslationContext context)
    {
        request.Messages.RemoveAll(static message => message.Blocks is [{ Kind: BlockKind.Opaque, Name.IsAbsent: false }]);
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(Instruction));
        request.ResponseFormat = default;
        request.ToolChoice = request.Tools.Count > 0 ? new() { Kind = ToolChoiceKind.None } : default;
        context.WantsSummary = true;
    }
}

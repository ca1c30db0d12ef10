using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>Everything that must happen to a whole answer between the reader of the provider's protocol and the writer of the client's.</summary>
internal static class ResponseAdapter
{
    /// <summary>Fits <paramref name="response"/> to the client's protocol.</summary>
    public static void Prepare(ChatResponse response, TranslationContext context)
    {
        response.Id = default;
        response.Extra.Clear();
        CarryCitations(response, ref context.Losses);
        bool needsReasoning = context.NeedsReasoning && !response.Has(BlockKind.Thinking);
        bool hasTool = false;
        bool isCut = false;
        List<Block>? fitted = null;
        List<Block>? hidden = null;
        for (int index = 0; index < response.Blocks.Count; index++)
        {
            Block block = response.Blocks[index];
            isCut |= AnswerEnd.IsCut(block);
            Block? before = null;
            Block? behind = null;
            bool isDropped = false;
            switch (block.Kind)
            {
                case BlockKind.ToolUse when block.Name.IsNullOrEmpty:
                    // Nothing that a client could run.
                    context.Losses.Add(LossField.ToolName);
                    isDropped = true;
                    break;
                case BlockKind.ToolUse when context.IsStructuredTool(block.Name):
                    Unwrap(block, response.Arena);
                    break;
                case BlockKind.ToolUse:
                    hasTool = true;
                    if (hidden is not null)
                    {
                        fitted!.AddRange(hidden);
                        hidden = null;
                    }

                    before = PrepareCall(block, context, response.Arena);
                    break;
                case BlockKind.Thinking when context.Thinking == ThinkingView.Hidden:
                    isDropped = true;
                    if (HiddenThinking.TryStrip(block, context, response.Arena))
                    {
                        (hidden ??= []).Add(block);
                    }

                    break;
                case BlockKind.Thinking when context.Thinking == ThinkingView.Wordless:
                    HiddenThinking.TryStrip(block, context, response.Arena);
                    break;
                case BlockKind.Thinking:
                    PrepareThinking(block, context, response.Arena);
                    break;
                case BlockKind.ServerToolUse or BlockKind.ServerToolResult or BlockKind.ToolChange or BlockKind.Opaque:
                    context.Losses.Add(block.Kind == BlockKind.Opaque ? LossField.OpaqueBlock : LossField.ServerTool);
                    isDropped = true;
                    break;
                case BlockKind.Text when !block.Signature.IsNullOrEmpty:
                    behind = CarryBehind(block, context, response.Arena);
                    break;
                default:
                    block.Signature = default;
                    break;
            }

            if (fitted is null && (isDropped || before is not null || behind is not null))
            {
                fitted = response.Blocks[..index];
            }

            Add(fitted, before);
            Add(fitted, isDropped ? null : block);
            Add(fitted, behind);
        }

        if (fitted is not null)
        {
            fitted.AddRange(hidden ?? []);
            response.Blocks.Clear();
            response.Blocks.AddRange(fitted);
        }

        if (needsReasoning)
        {
            response.Blocks.Insert(0, Carrier(SignatureUse.Thinking, default, context, response.Arena));
        }

        if (context.WantsSummary)
        {
            SummaryGatherer.Gather(response);
        }

        bool showsNext = context.Client.Sampling.MaxCandidates > 1 && !context.WantsSummary;
        NoteEnd(response.StopReason, response.HasOtherCandidates || (response.Next is not null && !showsNext), ref context.Losses);
        TierWords.Fit(ref response.ServiceTier, ProtocolTable.Get(context.Ingress), ref context.Losses);
        response.StopReason = AnswerEnd.Of(response.StopReason, hasTool, isCut);
        if (showsNext && response.Next is { } next)
        {
            Prepare(next, context);
        }
    }

    /// <summary>Notes what the end of an answer cannot say in the client's protocol: an unknown reason, and candidates that are not read.</summary>
    public static void NoteEnd(StopReason said, bool hasOtherCandidates, ref Losses losses)
    {
        if (said == StopReason.Other)
        {
            losses.Add(LossField.StopReason);
        }

        if (hasOtherCandidates)
        {
            losses.Add(LossField.CandidateCount);
        }
    }

    /// <summary>
    /// Moves citations without words to the words they speak of: those before them, or, at the beginning, those behind them. Bedrock's grounding
    /// cites so.
    /// </summary>
    public static void CarryCitations(ChatResponse response, ref Losses losses)
    {
        List<Block> blocks = response.Blocks;
        for (int index = 0; index < blocks.Count; index++)
        {
            Block block = blocks[index];
            if (block is not { Kind: BlockKind.Text, Text.IsNullOrEmpty: true, Citations.Count: > 0 })
            {
                continue;
            }

            int home = index > 0 ? blocks.FindLastIndex(index - 1, IsWords) : -1;
            home = home < 0 ? blocks.FindIndex(index + 1, IsWords) : home;
            foreach (Citation citation in block.Citations)
            {
                if (home < 0)
                {
                    losses.Add(LossField.Citations);
                }
                else
                {
                    blocks[home].AddCitation(citation);
                }
            }

            if (home >= 0)
            {
                // Its own protocol's form of it lacks what was added.
                blocks[home].Raw = default;
            }

            blocks.RemoveAt(index--);
        }
    }

    private static bool IsWords(Block block) => block is { Kind: BlockKind.Text, Text.IsNullOrEmpty: false };

    /// <summary>Replaces the signature of <paramref name="block"/>, a thinking block, by what the client may see.</summary>
    public static void PrepareThinking(Block block, TranslationContext context, IrArena arena)
    {
        block.Raw = default;
        if (!ResponseSignatures.CanShow(context))
        {
            if (!block.Signature.IsNullOrEmpty)
            {
                context.Losses.Add(LossField.ThinkingSignature);
            }

            block.Signature = default;
        }
        else if (block.Redacted)
        {
            block.Text = ResponseSignatures.Shown(context, SignatureUse.Redacted, block.Text, arena);
        }
        else if (!block.Signature.IsNullOrEmpty || ResponseSignatures.MarksUnsigned(context))
        {
            block.Signature = ResponseSignatures.Shown(context, SignatureUse.Thinking, block.Signature, arena);
        }
    }

    /// <summary>
    /// The free text inside the one-string object that a disguised tool was called with; the object itself when it is something else.
    /// </summary>
    public static JsonText FreeText(ReadOnlyMemory<byte> arguments, IrArena arena)
    {
        using var tape = new JsonTape();
        if (tape.TryParse(arguments) && tape.Root["input"u8].Text is { IsAbsent: false } text)
        {
            return arena.StoreText(text.Span);
        }

        return arena.StoreEscaped(arguments.Span);
    }

    /// <summary>Whether clients of <paramref name="ingress"/> know tools whose argument is free text.</summary>
    public static bool KnowsFreeText(ProtocolId ingress) => ProtocolTable.Get(ingress).Tools.HasFreeText;

    /// <summary>The one-string object that stands for free text where tools take objects only.</summary>
    public static ReadOnlyMemory<byte> WrapFreeText(JsonText text, IrArena arena)
    {
        using var json = new PooledBuffer(text.Escaped.Length + 16);
        var writer = new JsonWriter(json);
        writer.StartObject();
        writer.Text("input"u8, text);
        writer.EndObject();
        return arena.Store(json.Span);
    }

    private static void Add(List<Block>? blocks, Block? block)
    {
        if (block is not null)
        {
            blocks?.Add(block);
        }
    }

    // What carries the signature in front of the call, where the client's protocol needs that.
    private static Block? PrepareCall(Block call, TranslationContext context, IrArena arena)
    {
        call.Id = ToolIds.ToClient(context, call.Id, arena);

        // Some hosts say null for a call without arguments.
        call.Input = call.Input.IsNull ? default : call.Input;
        ClientTool tool = context.ClientTool(call.Name);
        if (tool.Form == ToolForm.Custom && !call.IsCustomTool)
        {
            call.IsCustomTool = true;
            call.InputText = call.Input.IsAbsent ? call.InputText : FreeText(call.Input.Raw, arena);
            call.Input = default;
        }
        else if (call.IsCustomTool && !KnowsFreeText(context.Ingress))
        {
            call.IsCustomTool = false;
            call.Input = new(WrapFreeText(call.InputText, arena));
            call.InputText = default;
        }

        if (!call.IsCustomTool)
        {
            call.Form = tool.Form;
        }

        call.Name = tool.Name;
        call.OwnName = default;
        call.Namespace = tool.Namespace;
        if (call.Signature.IsNullOrEmpty)
        {
            return null;
        }

        if (!ResponseSignatures.CarriesToolSignature(context))
        {
            if (context.Client.Reasoning.CallSigner is null)
            {
                context.Losses.Add(LossField.ToolSignature);
            }

            return null;
        }

        Block carrier = Carrier(SignatureUse.ToolCall, call.Signature, context, arena);
        call.Signature = default;
        return carrier;
    }

    // The signature of words comes after them in streams, so it stands after them here.
    private static Block? CarryBehind(Block text, TranslationContext context, IrArena arena)
    {
        JsonText signature = text.Signature;
        text.Signature = default;
        if (!ResponseSignatures.CarriesToolSignature(context))
        {
            context.Losses.Add(LossField.ThinkingSignature);
            return null;
        }

        return Carrier(SignatureUse.Preceding, signature, context, arena);
    }

    private static Block Carrier(SignatureUse use, JsonText signature, TranslationContext context, IrArena arena)
    {
        Block carrier = arena.NewBlock(BlockKind.Thinking);
        carrier.Text = JsonText.Empty;
        carrier.Origin = context.Egress;
        carrier.Signature = ResponseSignatures.Shown(context, use, signature, arena);
        return carrier;
    }

    private static void Unwrap(Block call, IrArena arena)
    {
        JsonText text = call.Input.IsAbsent ? call.InputText : arena.StoreEscaped(call.Input.Span);
        call.Reset(BlockKind.Text);
        call.Text = text;
    }
}

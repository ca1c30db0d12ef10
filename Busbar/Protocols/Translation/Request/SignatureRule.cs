using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Which signatures and thinking blocks of a conversation may travel to which model: only those it can verify.</summary>
internal static class SignatureRule
{
    // Google documents this value for calls whose signature was lost.
    private static readonly JsonText Sentinel = JsonText.From("skip_thought_signature_validator");

    /// <summary>Restores or drops what is wrapped and leaves everything else alone; true when anything changed.</summary>
    public static bool RestoreWrapped(ChatRequest request, TranslationContext context) => Sweep(request, context, onlyWrapped: true);

    /// <summary>Restores what the target issued itself, drops the rest: thinking without a signature has no home either.</summary>
    public static void Apply(ChatRequest request, TranslationContext context) => Sweep(request, context, onlyWrapped: false);

    /// <summary>Marks the first call of each assistant turn that lost its signature; later calls of the turn never carry one.</summary>
    public static void FillMissingToolSignatures(ChatRequest request, ProtocolId signer)
    {
        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    if (block.Signature.IsNullOrEmpty)
                    {
                        block.Signature = Sentinel;
                        block.Origin = signer;
                    }

                    break;
                }
            }
        }
    }

    private static bool Sweep(ChatRequest request, TranslationContext context, bool onlyWrapped)
    {
        bool changed = false;
        JsonText carried = default;
        Block? signed = null;
        Message? leader = null;
        for (int turn = 0; turn < request.Messages.Count; turn++)
        {
            Message message = request.Messages[turn];
            leader = message.Role == Role.Assistant ? leader ?? message : null;

            // Responses has a message for each item: what carries the signature and the call are neighbours then.
            carried = message.Role == Role.Assistant ? carried : default;
            signed = message.Role == Role.Assistant ? signed : null;
            int kept = 0;
            int restored = 0;
            for (int index = 0; index < message.Blocks.Count; index++)
            {
                Block block = message.Blocks[index];
                JsonText token = block.Kind == BlockKind.Thinking ? Token(block) : default;
                bool keep = block.Kind != BlockKind.Thinking
                    || (!token.IsAbsent
                        ? Restore(block, token, request.Arena, context, signed, ref carried, ref changed)
                        : onlyWrapped || KeepBare(block, context));
                if (block.Kind != BlockKind.Thinking)
                {
                    changed |= FitSignature(block, request.Arena, context, onlyWrapped);
                    changed |= Attach(block, context, ref carried);
                    signed = block;
                }

                bool isRestored = !token.IsAbsent;
                restored = !keep ? restored : isRestored ? restored + 1 : 0;
                if (keep)
                {
                    message.Blocks[kept++] = block;
                }
            }

            message.Blocks.RemoveRange(kept, message.Blocks.Count - kept);
            if (leader is not null && (turn + 1 == request.Messages.Count || request.Messages[turn + 1].Role != Role.Assistant))
            {
                Lead(leader, message, restored);
            }
        }

        return changed;
    }

    // Thinking of which the client was to see nothing stood at the end of its turn; no model ends a turn so.
    private static void Lead(Message leader, Message last, int restored)
    {
        List<Block> blocks = last.Blocks;
        if (restored > 0 && (restored < blocks.Count || leader != last))
        {
            List<Block> thinking = blocks[^restored..];
            blocks.RemoveRange(blocks.Count - restored, restored);
            leader.Blocks.InsertRange(0, thinking);
        }
    }

    private static JsonText Token(Block block) =>
        SignatureEnvelope.Is(block.Signature) ? block.Signature : SignatureEnvelope.Is(block.Text) ? block.Text : default;

    // The result says whether the block stays.
    private static bool Restore(Block block, JsonText token, IrArena arena, TranslationContext context, Block? before, ref JsonText carried,
        ref bool changed)
    {
        changed = true;
        bool isKnown = SignatureEnvelope.TryUnwrap(token, arena, out _, out SignatureUse use, out string family, out JsonText original);
        if (isKnown && use == SignatureUse.Hidden)
        {
            isKnown = HiddenThinking.TrySplit(original, arena, out original, out block.Text);
            use = SignatureUse.Thinking;
        }

        if (isKnown && context.KeepsWords && use == SignatureUse.Thinking && !block.Text.IsNullOrEmpty && ModelFamily.Accepts(context.Family, family))
        {
            block.Signature = default;
            block.Origin = context.Egress;
            return true;
        }

        if (!isKnown || original.IsNullOrEmpty || !ModelFamily.Accepts(context.Family, family)
            || !CanCarry(context, before?.Kind == BlockKind.ToolUse && use == SignatureUse.Preceding ? SignatureUse.ToolCall : use))
        {
            context.Losses.Add(use switch
            {
                SignatureUse.ToolCall => LossField.ToolSignature,
                SignatureUse.Preceding => LossField.ThinkingSignature,
                _ => LossField.Thinking,
            });
            return false;
        }

        if (use == SignatureUse.Preceding)
        {
            if (before is { Kind: BlockKind.Text or BlockKind.ToolUse })
            {
                before.Signature = original;
                before.Origin = context.Provider.Reasoning.CallSigner ?? context.Egress;
                before.Raw = default;
            }

            return false;
        }

        if (use == SignatureUse.ToolCall)
        {
            carried = original;
            return false;
        }

        block.Origin = context.Egress;
        block.Raw = default;
        block.Redacted = use == SignatureUse.Redacted;
        block.Text = block.Redacted ? original : block.Text;
        block.Signature = block.Redacted ? default : original;
        return true;
    }

    private static bool KeepBare(Block block, TranslationContext context)
    {
        bool isSigned = !block.Signature.IsNullOrEmpty || (block.Redacted && !block.Text.IsNullOrEmpty);
        if (isSigned && ModelFamily.Accepts(context.Family, ModelFamily.Of(block.Origin)) && CanCarry(context, SignatureUse.Thinking))
        {
            block.Raw = block.Origin == context.Egress ? block.Raw : default;
            block.Origin = context.Egress;
            return true;
        }

        if (context.KeepsWords && !isSigned && !block.Redacted && !block.Text.IsNullOrEmpty)
        {
            block.Origin = context.Egress;
            return true;
        }

        context.Losses.Add(isSigned ? LossField.ThinkingSignature : LossField.Thinking);
        return false;
    }

    // Text and calls stay in any case; only their signature may have to go.
    private static bool FitSignature(Block block, IrArena arena, TranslationContext context, bool onlyWrapped)
    {
        if (block.Kind is not (BlockKind.Text or BlockKind.ToolUse) || block.Signature.IsNullOrEmpty)
        {
            return false;
        }

        bool isWrapped = SignatureEnvelope.Is(block.Signature);
        if (!isWrapped && onlyWrapped)
        {
            return false;
        }

        string family = ModelFamily.Of(block.Origin);
        JsonText original = block.Signature;
        bool isKnown = !isWrapped || SignatureEnvelope.TryUnwrap(block.Signature, arena, out _, out _, out family, out original);
        if (isKnown && ModelFamily.Accepts(context.Family, family) && CanCarry(context, SignatureUse.ToolCall))
        {
            block.Signature = original;
        }
        else
        {
            block.Signature = default;
            context.Losses.Add(block.Kind == BlockKind.ToolUse ? LossField.ToolSignature : LossField.ThinkingSignature);
        }

        return isWrapped;
    }

    private static bool Attach(Block block, TranslationContext context, ref JsonText carried)
    {
        if (block.Kind != BlockKind.ToolUse || carried.IsAbsent)
        {
            return false;
        }

        block.Signature = carried;
        block.Origin = context.Provider.Reasoning.CallSigner ?? context.Egress;
        carried = default;
        return true;
    }

    private static bool CanCarry(TranslationContext context, SignatureUse use)
    {
        ReasoningForm form = context.Provider.Reasoning;
        return use switch
        {
            SignatureUse.Thinking or SignatureUse.Redacted => form.HasSignatures,
            SignatureUse.ToolCall => form.CallSigner is not null,
            _ => form.SignsWords,
        };
    }
}

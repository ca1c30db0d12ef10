using Busbar.Ir;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Response;

/// <summary>Everything that must happen to a whole answer between the reader of the provider's dialect and the writer of the client's.</summary>
internal static class ResponseSeam
{
    /// <summary>Fits <paramref name="response"/> to the client's dialect.</summary>
    public static void Prepare(ChatResponse response, TranslationContext context)
    {
        response.Id = default;
        response.ServiceTier = default;
        response.Extra.Clear();
        bool owesReasoning = context.OwesReasoning && !response.Blocks.Exists(static block => block.Kind == BlockKind.Thinking);
        bool hasTool = false;
        bool hasStructured = false;
        List<Block>? fitted = null;
        for (int index = 0; index < response.Blocks.Count; index++)
        {
            Block block = response.Blocks[index];
            Block? before = null;
            Block? behind = null;
            bool isDropped = false;
            switch (block.Kind)
            {
                case BlockKind.ToolUse when context.IsStructuredTool(block.Name):
                    hasStructured = true;
                    Unwrap(block, response.Arena);
                    break;
                case BlockKind.ToolUse:
                    hasTool = true;
                    before = PrepareCall(block, context, response.Arena);
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
            response.Blocks.Clear();
            response.Blocks.AddRange(fitted);
        }

        if (owesReasoning)
        {
            response.Blocks.Insert(0, Carrier(SignatureUse.Thinking, default, context, response.Arena));
        }

        if (context.WantsSummary)
        {
            SummaryGatherer.Gather(response);
        }

        if (hasStructured && !hasTool && response.StopReason == StopReason.ToolUse)
        {
            response.StopReason = StopReason.EndTurn;
        }
    }

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

    /// <summary>The free text inside the one-string object that a disguised tool was called with; the object itself when it is something else.</summary>
    public static JsonText FreeText(ReadOnlyMemory<byte> arguments, IrArena arena)
    {
        using var tape = new JsonTape();
        if (tape.TryParse(arguments) && tape.Root["input"u8].Text is { IsAbsent: false } text)
        {
            return arena.StoreText(text.Span);
        }

        return Escaped(arguments.Span, arena);
    }

    /// <summary>Whether clients of <paramref name="ingress"/> know tools whose argument is free text.</summary>
    public static bool KnowsFreeText(ProtocolId ingress) => ingress is ProtocolId.OpenAI or ProtocolId.Responses;

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

    /// <summary>Bytes of JSON as the inside of a JSON string.</summary>
    public static JsonText Escaped(ReadOnlySpan<byte> json, IrArena arena)
    {
        using var escaped = new PooledBuffer(json.Length * 2 + 1);
        JsonEscaping.Escape(json, escaped);
        return arena.StoreText(escaped.Span);
    }

    private static void Add(List<Block>? blocks, Block? block)
    {
        if (block is not null)
        {
            blocks?.Add(block);
        }
    }

    // What carries the signature in front of the call, where the client's dialect needs that.
    private static Block? PrepareCall(Block call, TranslationContext context, IrArena arena)
    {
        call.Id = ToolIds.ToClient(context, call.Id, arena);
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
            // OpenAI and Gemini clients keep it on the call.
            if (context.Ingress == ProtocolId.Cohere)
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
        JsonText text = call.Input.IsAbsent ? call.InputText : Escaped(call.Input.Span, arena);
        call.Reset(BlockKind.Text);
        call.Text = text;
    }
}

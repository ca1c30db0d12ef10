using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Blocks that only their own vendor understands, and blocks whose words can stay when their kind cannot.</summary>
internal static class BlockRule
{
    /// <summary>Drops what has no meaning at <paramref name="egress"/>, and turns refusals into words where the dialect has none.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        Apply(request.System, egress, request.Arena, ref losses);
        foreach (Message message in request.Messages)
        {
            Apply(message.Blocks, egress, request.Arena, ref losses);
        }
    }

    private static void Apply(List<Block> blocks, ProtocolId egress, IrArena arena, ref Losses losses)
    {
        int kept = 0;
        for (int index = 0; index < blocks.Count; index++)
        {
            Block block = blocks[index];
            if (egress == ProtocolId.Anthropic)
            {
                SpellOut(block, arena);
            }

            if (Foreign(block, egress) is { } loss)
            {
                losses.Add(loss);
                continue;
            }

            Degrade(block, egress, ref losses);
            if (block.Kind == BlockKind.Refusal && egress is not (ProtocolId.OpenAI or ProtocolId.Responses))
            {
                block.Kind = BlockKind.Text;
            }

            if (block.Children is { Count: > 0 } children)
            {
                Apply(children, egress, arena, ref losses);
            }

            blocks[kept++] = block;
        }

        blocks.RemoveRange(kept, blocks.Count - kept);
    }

    // What a block keeps its words without.
    private static void Degrade(Block block, ProtocolId egress, ref Losses losses)
    {
        bool isOpenAI = egress is ProtocolId.OpenAI or ProtocolId.Responses;
        if (egress != ProtocolId.Responses && !block.Phase.IsNullOrEmpty)
        {
            block.Phase = default;
            losses.Add(LossField.Phase);
        }

        if (egress is ProtocolId.Anthropic or ProtocolId.Bedrock && !block.Detail.IsNullOrEmpty && !block.Detail.Is("auto"u8))
        {
            block.Detail = default;
            losses.Add(LossField.ImageDetail);
        }

        if (block.Kind == BlockKind.SearchResult && egress is not (ProtocolId.Anthropic or ProtocolId.Bedrock))
        {
            losses.Add(LossField.SearchResult);
        }

        if ((isOpenAI || egress == ProtocolId.Gemini) && block.Kind == BlockKind.Document && block.Source is MediaSource.Text or MediaSource.Blocks)
        {
            losses.Add(LossField.Document);
        }

        if (egress is ProtocolId.OpenAI or ProtocolId.Gemini && block.Citations is { Count: > 0 })
        {
            losses.Add(LossField.Citations);
        }
    }

    private static LossField? Foreign(Block block, ProtocolId egress) => block.Kind switch
    {
        BlockKind.Opaque => LossField.OpaqueBlock,
        BlockKind.ServerToolUse or BlockKind.ServerToolResult => LossField.ServerTool,
        BlockKind.ToolChange when egress is not (ProtocolId.Anthropic or ProtocolId.Bedrock or ProtocolId.Responses) => LossField.ToolChange,
        BlockKind.Image or BlockKind.Document or BlockKind.Audio or BlockKind.Video
            when block.Source == MediaSource.Vendor && !HoldsFiles(egress, block.Origin) => LossField.VendorFile,
        BlockKind.Document when egress == ProtocolId.Anthropic && block.Source == MediaSource.Base64 && !block.MediaType.Is("application/pdf"u8) => LossField.Document,
        BlockKind.Image when egress == ProtocolId.Anthropic && block.Source == MediaSource.Base64 && !IsMessagesImage(block.MediaType) => LossField.Image,
        _ => null,
    };

    private static bool IsMessagesImage(JsonText type) =>
        type.Is("image/jpeg"u8) || type.Is("image/png"u8) || type.Is("image/gif"u8) || type.Is("image/webp"u8);

    // Messages takes bytes of PDF only, and text as text.
    private static void SpellOut(Block block, IrArena arena)
    {
        if (block.Kind != BlockKind.Document || block.Source != MediaSource.Base64 || !IsText(block.MediaType))
        {
            return;
        }

        using var encoded = new PooledBuffer(block.Data.Escaped.Length + 1);
        JsonEscaping.Unescape(block.Data.Span, encoded);
        using var plain = new PooledBuffer(encoded.Length + 1);
        Span<byte> room = plain.GetSpan(encoded.Length + 1);
        if (Base64.DecodeFromUtf8(encoded.Span, room, out _, out int length) != OperationStatus.Done || !Utf8.IsValid(room[..length]))
        {
            return;
        }

        using var escaped = new PooledBuffer(length + 16);
        JsonEscaping.Escape(room[..length], escaped);
        block.Text = arena.StoreText(escaped.Span);
        block.Source = MediaSource.Text;
        block.Data = default;
    }

    private static bool IsText(JsonText type) =>
        type.Span.StartsWith("text/"u8) || type.Is("application/json"u8) || type.Is("application/xml"u8);

    // OpenAI's two dialects share one file store.
    private static bool HoldsFiles(ProtocolId egress, ProtocolId origin) =>
        egress == origin || (egress is ProtocolId.OpenAI or ProtocolId.Responses && origin is ProtocolId.OpenAI or ProtocolId.Responses);
}

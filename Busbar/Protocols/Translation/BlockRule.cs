using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation;

/// <summary>Blocks that only their own vendor understands, and blocks whose words can stay when their kind cannot.</summary>
internal static class BlockRule
{
    /// <summary>Drops what has no meaning at <paramref name="egress"/>, and turns refusals into words where the dialect has none.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        Apply(request.System, egress, ref losses);
        foreach (Message message in request.Messages)
        {
            Apply(message.Blocks, egress, ref losses);
        }
    }

    private static void Apply(List<Block> blocks, ProtocolId egress, ref Losses losses)
    {
        int kept = 0;
        for (int index = 0; index < blocks.Count; index++)
        {
            Block block = blocks[index];
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
                Apply(children, egress, ref losses);
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

        if (isOpenAI && block.Kind == BlockKind.Document && block.Source is MediaSource.Text or MediaSource.Blocks)
        {
            losses.Add(LossField.Document);
        }

        if (egress == ProtocolId.OpenAI && block.Citations is { Count: > 0 })
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
        _ => null,
    };

    // OpenAI's two dialects share one file store.
    private static bool HoldsFiles(ProtocolId egress, ProtocolId origin) =>
        egress == origin || (egress is ProtocolId.OpenAI or ProtocolId.Responses && origin is ProtocolId.OpenAI or ProtocolId.Responses);
}

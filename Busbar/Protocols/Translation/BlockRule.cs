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

using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Blocks that only their own vendor understands, and blocks whose words can stay when their kind cannot.</summary>
internal static class BlockRule
{
    /// <summary>
    /// Drops what has no meaning at <paramref name="egress"/>, says in a few words where a picture, a file or a recording was that cannot be sent,
    /// and turns refusals into words where the protocol has none.
    /// </summary>
    public static void Apply(ChatRequest request, Protocol egress, Capabilities capabilities, ref Losses losses)
    {
        Apply(request.System, egress, Place.Elsewhere, request.Arena, ref losses);
        foreach (Message message in request.Messages)
        {
            Apply(message.Blocks, egress, message.Role is Role.User or Role.Tool ? Place.Turn : Place.Elsewhere, request.Arena, ref losses);
            if (egress.Blocks.HasMediaBesideResults && !capabilities.NestedToolMedia)
            {
                MoveOut(message.Blocks);
            }
        }
    }

    private static void Apply(List<Block> blocks, Protocol protocol, Place place, IrArena arena, ref Losses losses)
    {
        BlockForm form = protocol.Blocks;
        int kept = 0;
        for (int index = 0; index < blocks.Count; index++)
        {
            Block block = blocks[index];
            MediaRule.Name(block);
            if (!protocol.TakesTextFiles && !MediaRule.CanSend(block, protocol, place))
            {
                MediaRule.SpellOut(block, arena);
            }

            if (Foreign(block, protocol) is { } loss)
            {
                losses.Add(loss);
                if (place != Place.Elsewhere && MediaRule.IsMedia(block))
                {
                    blocks[kept++] = MediaRule.StandIn(block, arena);
                }

                continue;
            }

            if (place != Place.Elsewhere && !MediaRule.CanSend(block, protocol, place))
            {
                losses.Add(place == Place.Result ? LossField.ToolResultMedia : BlockLoss.Of(block.Kind));
                blocks[kept++] = MediaRule.StandIn(block, arena);
                continue;
            }

            Degrade(block, form, ref losses);
            if (block.Kind == BlockKind.Refusal && !form.HasRefusals)
            {
                block.Kind = BlockKind.Text;
            }

            if (block.Children is { Count: > 0 } children)
            {
                Apply(children, protocol, block.Kind == BlockKind.ToolResult ? Place.Result : place, arena, ref losses);
            }

            blocks[kept++] = block;
        }

        blocks.RemoveRange(kept, blocks.Count - kept);
    }

    // Some models take pictures beside a result, and refuse them in it.
    private static void MoveOut(List<Block> blocks)
    {
        for (int index = blocks.Count - 1; index >= 0; index--)
        {
            if (blocks[index] is { Kind: BlockKind.ToolResult, Children: { Count: > 0 } children })
            {
                blocks.AddRange(children.Where(MediaRule.IsMedia));
                children.RemoveAll(MediaRule.IsMedia);
            }
        }
    }

    // What a block keeps its words without.
    private static void Degrade(Block block, BlockForm form, ref Losses losses)
    {
        if (!form.HasPhases && !block.Phase.IsNullOrEmpty)
        {
            block.Phase = default;
            losses.Add(LossField.Phase);
        }

        if (!form.HasImageDetail && !block.Detail.IsNullOrEmpty && !block.Detail.Is("auto"u8))
        {
            block.Detail = default;
            losses.Add(LossField.ImageDetail);
        }

        if (block.Kind == BlockKind.SearchResult && !form.HasSearchResults)
        {
            losses.Add(LossField.SearchResult);
        }

        if (!form.HasTextDocuments && block.Kind == BlockKind.Document && block.Source is MediaSource.Text or MediaSource.Blocks)
        {
            losses.Add(LossField.Document);
        }

        if (!form.HasCitations && block.Citations is { Count: > 0 })
        {
            losses.Add(LossField.Citations);
        }
    }

    private static LossField? Foreign(Block block, Protocol egress) => block.Kind switch
    {
        BlockKind.Opaque => LossField.OpaqueBlock,
        BlockKind.ServerToolUse or BlockKind.ServerToolResult => LossField.ServerTool,
        BlockKind.ToolChange when !egress.Tools.HasChanges => LossField.ToolChange,
        BlockKind.Image or BlockKind.Document or BlockKind.Audio or BlockKind.Video
            when block.Source == MediaSource.Vendor && !HoldsFiles(egress, block.Origin) => LossField.VendorFile,
        _ => null,
    };

    private static bool HoldsFiles(Protocol egress, ProtocolId origin) =>
        (egress.Blocks.FileStore ?? egress.Id) == (ProtocolTable.Get(origin).Blocks.FileStore ?? origin);
}

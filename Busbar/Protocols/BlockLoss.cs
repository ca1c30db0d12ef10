using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>What is noted when a block is left out because a protocol has no place for its kind.</summary>
internal static class BlockLoss
{
    /// <summary>The loss of a block of <paramref name="kind"/>.</summary>
    public static LossField Of(BlockKind kind) => kind switch
    {
        BlockKind.Image => LossField.Image,
        BlockKind.Document => LossField.Document,
        BlockKind.Audio => LossField.Audio,
        BlockKind.Video => LossField.Video,
        BlockKind.ServerToolUse or BlockKind.ServerToolResult => LossField.ServerTool,
        BlockKind.ToolChange => LossField.ToolChange,
        _ => LossField.OpaqueBlock,
    };
}

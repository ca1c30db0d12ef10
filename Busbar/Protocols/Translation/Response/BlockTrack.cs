using Busbar.Ir;

namespace Busbar.Protocols.Translation.Response;

/// <summary>What the sequencer knows of one block of the provider's stream.</summary>
internal sealed class BlockTrack(BlockKind kind)
{
    /// <summary>Where the block stands.</summary>
    public enum BlockState : byte
    {
        /// <summary>Nothing of it is open; words that arrive open a block.</summary>
        Idle,

        /// <summary>It is the open block.</summary>
        Open,

        /// <summary>It waits for a tool call in front of it.</summary>
        Waiting,

        /// <summary>It is over.</summary>
        Done,

        /// <summary>It has no place in the client's protocol.</summary>
        Ignored,
    }

    /// <summary>What it is.</summary>
    public BlockKind Kind { get; } = kind;

    /// <summary>Where it stands.</summary>
    public BlockState State { get; set; }

    /// <summary>What waits with it; null unless <see cref="BlockState.Waiting"/>.</summary>
    public WaitingBlock? Waiting { get; set; }

    /// <summary>Streams words and may be interrupted.</summary>
    public bool IsWordy => Kind is BlockKind.Text or BlockKind.Thinking or BlockKind.Refusal;
}

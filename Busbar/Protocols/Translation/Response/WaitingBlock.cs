using Busbar.Ir.Streams;


namespace Busbar.Protocols.Translation.Response;

/// <summary>A block that arrived while a tool call was still incomplete, held back in one piece.</summary>
internal sealed class WaitingBlock(BlockTrack track, StreamEvent start)
{
    /// <summary>The block.</summary>
    public BlockTrack Track { get; } = track;

    /// <summary>Its opening.</summary>
    public StreamEvent Start { get; } = start;

    /// <summary>What followed, in order.</summary>
    public List<StreamEvent> Deltas { get; } = [];

    /// <summary>The provider has closed it.</summary>
    public bool IsStopped { get; set; }
}

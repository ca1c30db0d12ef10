using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>
/// Gathers the words of an answer, whole or streamed, into the summary that the client asked for; everything else of it is not shown.
/// </summary>
internal sealed class SummaryGatherer : IDisposable
{
    private readonly PooledBuffer _words = new(4096);
    private BlockKind _open = BlockKind.Opaque;

    /// <summary>Replaces the content of <paramref name="response"/> by the summary; without words it has failed.</summary>
    public static void Gather(ChatResponse response)
    {
        using var gatherer = new SummaryGatherer();
        foreach (Block block in response.Blocks)
        {
            if (block.Kind == BlockKind.Text)
            {
                gatherer._words.Write(block.Text.Span);
            }
        }

        response.Blocks.Clear();
        if (gatherer.Finish(response.Arena) is { } summary)
        {
            response.Blocks.Add(summary);
            response.StopReason = StopReason.EndTurn;
        }
        else
        {
            response.Failure = NoWords;
        }
    }

    /// <summary>An answer that cannot be a summary.</summary>
    public static StreamError NoWords => new(FaultClass.ServerError, new ProviderError(null, null, "The model did not answer with a summary."));

    /// <summary>Takes in an event of content; false for any other, which goes on its way.</summary>
    public bool Take(in StreamEvent next)
    {
        switch (next.Kind)
        {
            case StreamEventKind.BlockStart:
                _open = next.Block;
                return true;
            case StreamEventKind.TextDelta when _open == BlockKind.Text:
                _words.Write(next.Text.Span);
                return true;
            default:
                return next.Kind is not (StreamEventKind.MessageStart or StreamEventKind.MessageDelta or StreamEventKind.MessageStop
                    or StreamEventKind.Ping);
        }
    }

    /// <summary>The summary; null without words.</summary>
    public Block? Finish(IrArena arena)
    {
        if (_words.Length == 0)
        {
            return null;
        }

        Block summary = arena.NewBlock(BlockKind.Summary);
        summary.Text = arena.StoreText(_words.Span);
        return summary;
    }

    /// <inheritdoc/>
    public void Dispose() => _words.Dispose();
}

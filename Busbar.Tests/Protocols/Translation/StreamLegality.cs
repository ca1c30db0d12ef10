using Busbar.Ir;
using Busbar.Ir.Streams;

namespace Busbar.Tests.Protocols.Translation;

/// <summary>Checks that a sequence of events is one that stream writers are promised, and collects what it says.</summary>
internal sealed class StreamLegality
{
    private bool _started;
    private bool _delta;
    private bool _stopped;
    private int _open = -1;
    private int _next;

    /// <summary>The blocks seen, in order: kind, id, name and all text put together.</summary>
    public List<(BlockKind Kind, string Id, string Name, string Text, string Signature)> Blocks { get; } = [];

    /// <summary>The final event's data.</summary>
    public StreamEvent Terminal { get; private set; }

    /// <summary>Whether the stream ended properly.</summary>
    public bool IsComplete => _stopped;

    /// <summary>Takes the next event; throws when it is illegal.</summary>
    public void Take(in StreamEvent next)
    {
        Assert.False(_stopped, "nothing follows MessageStop");
        if (next.Kind == StreamEventKind.Ping)
        {
            return;
        }

        Assert.Equal(next.Kind != StreamEventKind.MessageStart, _started);
        Assert.False(_delta && next.Kind != StreamEventKind.MessageStop, "only MessageStop follows MessageDelta");
        switch (next.Kind)
        {
            case StreamEventKind.MessageStart:
                _started = true;
                break;
            case StreamEventKind.BlockStart:
                Assert.Equal(-1, _open);
                Assert.Equal(_next++, next.Index);
                _open = next.Index;
                Blocks.Add((next.Block, next.Id.ToString(), next.Name.ToString(), next.Whole?.Text.ToString() ?? "", ""));
                break;
            case StreamEventKind.BlockStop:
                Assert.Equal(_open, next.Index);
                _open = -1;
                break;
            case StreamEventKind.MessageDelta:
                Assert.Equal(-1, _open);
                _delta = true;
                Terminal = next;
                break;
            case StreamEventKind.MessageStop:
                Assert.True(_delta);
                _stopped = true;
                break;
            default:
                Assert.NotEqual(-1, _open);
                Assert.Equal(_open, next.Index);
                Append(next);
                break;
        }
    }

    private void Append(in StreamEvent next)
    {
        var block = Blocks[^1];
        if (next.Kind == StreamEventKind.SignatureDelta)
        {
            Assert.Equal("", block.Signature);
            block.Signature = next.Text.ToString();
        }
        else if (next.Kind != StreamEventKind.CitationDelta)
        {
            Assert.Equal(next.Kind == StreamEventKind.InputDelta, block.Kind == BlockKind.ToolUse);
            Assert.Equal("", block.Signature);
            block.Text += next.Text.ToString();
        }

        Blocks[^1] = block;
    }
}

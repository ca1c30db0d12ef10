using System.Text;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Tests.Matrix;

/// <summary>What an answer says to a client, whole or streamed: words, thinking, calls, why it ended, what it cost.</summary>
internal sealed class AnswerDigest
{
    private readonly SortedDictionary<int, (BlockKind Kind, string Name, bool IsCustom, StringBuilder Said)> _blocks = [];
    private Usage _usage;

    /// <summary>An answer that is told by <see cref="Take"/>.</summary>
    public AnswerDigest()
    {
    }

    /// <summary>A whole answer.</summary>
    public AnswerDigest(ChatResponse response)
    {
        foreach (Block block in response.Blocks)
        {
            Put(_blocks.Count, block);
        }

        _usage = response.Usage;
        Stop = response.StopReason;
        IsEnded = true;
    }

    /// <summary>Why it ended.</summary>
    public StopReason Stop { get; private set; }

    /// <summary>The terminal was seen.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>An error was reported instead.</summary>
    public bool IsError { get; private set; }

    /// <summary>Visible words, refusals included.</summary>
    public string Text => Said(static kind => kind is BlockKind.Text or BlockKind.Refusal);

    /// <summary>Thinking in words.</summary>
    public string Thinking => Said(static kind => kind == BlockKind.Thinking);

    /// <summary>Name and arguments of every call, in order.</summary>
    public IReadOnlyList<string> Calls => [.. _blocks.Values.Where(static block => block.Kind == BlockKind.ToolUse).Select(static block =>
        $"{block.Name} {(block.IsCustom ? block.Said.ToString() : CanonicalJson.Of(block.Said.Length == 0 ? "{}" : block.Said.ToString()))}")];

    /// <summary>Whether the refusal has words of its own kind.</summary>
    public bool HasRefusal => _blocks.Values.Any(static block => block.Kind == BlockKind.Refusal);

    /// <summary>All tokens in, and all tokens out.</summary>
    public (long Input, long Output) Tokens => (_usage.TotalInput, _usage.Output);

    /// <summary>Takes one event of a stream.</summary>
    public void Take(in StreamEvent next)
    {
        switch (next.Kind)
        {
            case StreamEventKind.BlockStart when next.Whole is { } whole:
                Put(next.Index, whole);
                break;
            case StreamEventKind.BlockStart:
                _blocks.Add(next.Index, (next.Block, next.Name.ToString(), next.IsCustomTool, new StringBuilder()));
                break;
            case StreamEventKind.TextDelta or StreamEventKind.InputDelta:
                _blocks[next.Index].Said.Append(next.Text.ToString());
                break;
            case StreamEventKind.MessageStart or StreamEventKind.MessageDelta:
                _usage.Merge(next.Usage);
                Stop = next.StopReason == StopReason.None ? Stop : next.StopReason;
                break;
            case StreamEventKind.MessageStop:
                IsEnded = true;
                break;
            case StreamEventKind.Error:
                IsError = true;
                break;
        }
    }

    private void Put(int index, Block block) => _blocks.Add(index, (
        block.Kind,
        block.Name.ToString(),
        block.IsCustomTool,
        new StringBuilder(block switch
        {
            { Redacted: true } => "",
            { Kind: BlockKind.ToolUse } => block.Input.IsAbsent ? block.InputText.ToString() : block.Input.ToString(),
            _ => block.Text.ToString(),
        })));

    private string Said(Func<BlockKind, bool> isWanted) => string.Concat(_blocks.Values.Where(block => isWanted(block.Kind)).Select(static block => block.Said.ToString()));
}

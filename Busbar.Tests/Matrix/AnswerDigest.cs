using System.Text;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Tests.Matrix;

/// <summary>What an answer says to a client, whole or streamed: words, thinking, calls, why it ended, what it cost.</summary>
internal sealed class AnswerDigest
{
    private readonly List<(BlockKind Kind, string Name, bool IsCustom, StringBuilder Said)> _blocks = [];
    private readonly Dictionary<int, int> _places = [];
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
            Put(block);
        }

        _usage = response.Usage;
        Stop = response.StopReason;
        Explanation = response.StopExplanation.ToString();
        IsEnded = true;
    }

    /// <summary>Why it ended.</summary>
    public StopReason Stop { get; private set; }

    /// <summary>What the provider says of a refusal beside the answer.</summary>
    public string Explanation { get; private set; } = "";

    /// <summary>The terminal was seen.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>An error was reported instead.</summary>
    public bool IsError { get; private set; }

    /// <summary>Visible words, refusals included.</summary>
    public string Text => Said(static kind => kind is BlockKind.Text or BlockKind.Refusal);

    /// <summary>Thinking in words.</summary>
    public string Thinking => Said(static kind => kind == BlockKind.Thinking);

    /// <summary>Name and arguments of every call that has a name, in order.</summary>
    public IReadOnlyList<string> Calls => [.. _blocks.Where(static block => block.Kind == BlockKind.ToolUse && block.Name.Length > 0).Select(static block =>
        $"{block.Name} {Arguments(block.Said.ToString(), block.IsCustom)}")];

    /// <summary>Whether the refusal has words of its own kind.</summary>
    public bool HasRefusal => _blocks.Any(static block => block.Kind == BlockKind.Refusal);

    /// <summary>All tokens in, and all tokens out.</summary>
    public (long Input, long Output) Tokens => (_usage.TotalInput, _usage.Output);

    /// <summary>Takes one event of a stream.</summary>
    public void Take(in StreamEvent next)
    {
        switch (next.Kind)
        {
            case StreamEventKind.BlockStart when next.Whole is { } whole:
                _places[next.Index] = _blocks.Count;
                Put(whole);
                break;
            case StreamEventKind.BlockStart:
                _places[next.Index] = _blocks.Count;
                _blocks.Add((next.Block, next.Name.ToString(), next.IsCustomTool, new StringBuilder()));
                break;
            case StreamEventKind.TextDelta or StreamEventKind.InputDelta:
                _blocks[_places[next.Index]].Said.Append(next.Text.ToString());
                break;
            case StreamEventKind.MessageStart or StreamEventKind.MessageDelta:
                _usage.Merge(next.Usage);
                Stop = next.StopReason == StopReason.None ? Stop : next.StopReason;
                Explanation = next.StopExplanation.IsNullOrEmpty ? Explanation : next.StopExplanation.ToString();
                break;
            case StreamEventKind.MessageStop:
                IsEnded = true;
                break;
            case StreamEventKind.Error:
                IsError = true;
                break;
        }
    }

    private void Put(Block block) => _blocks.Add((
        block.Kind,
        block.Name.ToString(),
        block.IsCustomTool,
        new StringBuilder(block switch
        {
            { Redacted: true } => "",
            { Kind: BlockKind.ToolUse } => block.Input.IsAbsent ? block.InputText.ToString() : block.Input.ToString(),
            _ => block.Text.ToString(),
        })));

    // Free text reads as the one-member object it becomes elsewhere; no arguments are spelt in three ways.
    private static string Arguments(string said, bool isCustom) => CanonicalJson.Of(
        isCustom ? System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["input"] = said })
        : string.IsNullOrWhiteSpace(said) || said == "null" ? "{}"
        : said);

    private string Said(Func<BlockKind, bool> isWanted) => string.Concat(_blocks.Where(block => isWanted(block.Kind)).Select(static block => block.Said.ToString()));
}

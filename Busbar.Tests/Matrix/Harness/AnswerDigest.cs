using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Wire;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>What an answer says to a client, whole or streamed: words, thinking, calls, why it ended, what it cost.</summary>
internal sealed class AnswerDigest
{
    private readonly List<(BlockKind Kind, string Name, bool IsCustom, StringBuilder Said)> _blocks = [];
    private readonly Dictionary<int, int> _places = [];
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thinking = new();
    private readonly SortedSet<string> _cited = new(StringComparer.Ordinal);
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
        Model = response.Model.ToString();
        IsEnded = true;
    }

    /// <summary>Why it ended.</summary>
    public StopReason Stop { get; private set; }

    /// <summary>What the provider says of a refusal beside the answer.</summary>
    public string Explanation { get; private set; } = "";

    /// <summary>Name of the model that answered; empty when it is not said.</summary>
    public string Model { get; private set; } = "";

    /// <summary>The terminal was seen.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>An error was reported instead.</summary>
    public bool IsError { get; private set; }

    /// <summary>Visible words, refusals included, in the order in which they come.</summary>
    public string Text => _text.ToString();

    /// <summary>Thinking in words, likewise.</summary>
    public string Thinking => _thinking.ToString();

    /// <summary>Name and arguments of every call that has a name, in order.</summary>
    public IReadOnlyList<string> Calls => [.. _blocks.Where(static block => block.Kind == BlockKind.ToolUse && block.Name.Length > 0)
        .Select(static block =>
        $"{block.Name} {Arguments(block.Said.ToString(), block.IsCustom)}")];

    /// <summary>All tokens in, and all tokens out.</summary>
    public (long Input, long Output) Tokens => (_usage.TotalInput, _usage.Output);

    /// <summary>Of these, the tokens that a cache gave, and those that went into thinking.</summary>
    public (long Cached, long Reasoning) Parts => (_usage.CacheRead, _usage.Reasoning);

    /// <summary>Addresses of what was cited.</summary>
    public IReadOnlySet<string> Cited => _cited;

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
            case StreamEventKind.TextDelta:
                Say(_blocks[_places[next.Index]].Kind, next.Text.ToString());
                break;
            case StreamEventKind.InputDelta:
                _blocks[_places[next.Index]].Said.Append(next.Text.ToString());
                break;
            case StreamEventKind.MessageStart or StreamEventKind.MessageDelta:
                _usage.Merge(next.Usage);
                Model = Model.Length > 0 ? Model : next.Model.ToString();
                Stop = next.StopReason == StopReason.None ? Stop : next.StopReason;
                Explanation = next.StopExplanation.IsNullOrEmpty ? Explanation : next.StopExplanation.ToString();
                break;
            case StreamEventKind.CitationDelta:
                Cite(next.Citation);
                break;
            case StreamEventKind.MessageStop:
                IsEnded = true;
                break;
            case StreamEventKind.Error:
                IsError = true;
                break;
        }
    }

    private void Put(Block block)
    {
        string arguments = block.Input.IsAbsent ? block.InputText.ToString() : block.Input.ToString();
        _blocks.Add((block.Kind, block.Name.ToString(), block.IsCustomTool, new StringBuilder(arguments)));
        Say(block.Kind, block.Redacted ? "" : block.Text.ToString());
        foreach (Citation citation in block.Citations ?? [])
        {
            Cite(citation);
        }
    }

    private void Cite(in Citation citation)
    {
        if (!citation.Url.IsNullOrEmpty)
        {
            _cited.Add(citation.Url.ToString());
        }
    }

    private void Say(BlockKind kind, string words) => (kind switch
    {
        BlockKind.Text or BlockKind.Refusal => _text,
        BlockKind.Thinking => _thinking,
        _ => null,
    })?.Append(words);

    // Free text reads as the one-member object it becomes elsewhere; no arguments are spelt in three ways.
    private static string Arguments(string said, bool isCustom) => CanonicalJson.Of(
        isCustom ? System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["input"] = said })
        : string.IsNullOrWhiteSpace(said) || said == "null" ? "{}"
        : said);
}

using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Cohere.Content;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// Turns events of the stream into events of the representation. A block opens with its first words. The plan behind tool calls is a text block. The
/// end of a text is held until something else opens, because citations may follow it; once closed, a block never opens again.
/// </summary>
internal sealed class StreamReader : IStreamReader
{
    private const int MaxCalls = 4096;
    private const int None = -1;
    private const long Plan = -2;

    private readonly IrArena _arena = new();
    private readonly Dictionary<long, int> _calls = [];
    private readonly List<int> _open = [];
    private int _next;
    private int _words = None;
    private BlockKind _wordsKind;
    private long _wordsWire;
    private bool _wordsEnded;
    private bool _hasStarted;
    private bool _hasEnded;

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        JsonTape tape = JsonTape.Shared;

        // [DONE], which follows the end, is not JSON.
        if (_hasEnded || !tape.TryParse(frame.Data) || !tape.Root.IsObject)
        {
            return;
        }

        _arena.Reset();
        JsonNode root = tape.Root;
        JsonText type = root["type"u8].Text;
        if (type.IsAbsent)
        {
            type = new(frame.Name);
        }

        JsonNode delta = root["delta"u8];
        JsonNode message = delta["message"u8];
        long wire = root["index"u8].Integer ?? None;
        if (type.Is("content-delta"u8) || type.Is("content-start"u8))
        {
            ReadContent(message["content"u8], wire, events);
        }
        else if (type.Is("tool-call-delta"u8))
        {
            if (_calls.TryGetValue(wire, out int index) && _open.Contains(index))
            {
                AddInput(index, Arguments(First(message["tool_calls"u8])["function"u8]), events);
            }
        }
        else if (type.Is("tool-plan-delta"u8))
        {
            Words(BlockKind.Text, Plan, message["tool_plan"u8].Text, events);
        }
        else if (type.Is("content-end"u8))
        {
            _wordsEnded |= _wordsWire == wire;
        }
        else if (type.Is("tool-call-start"u8))
        {
            StartCall(wire, First(message["tool_calls"u8]), events);
        }
        else if (type.Is("tool-call-end"u8))
        {
            EndCall(wire, events);
        }
        else if (type.Is("citation-start"u8))
        {
            ReadCitation(First(message["citations"u8]), events);
        }
        else if (type.Is("message-start"u8))
        {
            Start(root["id"u8].Text, events);
        }
        else if (type.Is("message-end"u8))
        {
            End(delta, events);
        }
        else if (type.Is("error"u8) || (type.IsNullOrEmpty && OpenAI.ErrorReader.Is(root)))
        {
            _hasEnded = true;
            events.Add(StreamEventKind.Error).Error = ErrorReader.ReadInside(root, root["error_type"u8], StopReason.None, false);
        }
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private static JsonNode First(JsonNode node) => node.IsArray ? node[0] : node;

    private void Start(JsonText id, StreamEvents events)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            events.Add(StreamEventKind.MessageStart).Id = id;
        }
    }

    private void ReadContent(JsonNode content, long wire, StreamEvents events)
    {
        Words(BlockKind.Text, wire, content.Text, events);
        if (content.IsArray)
        {
            foreach (JsonNode part in content.Items)
            {
                ReadPart(part, wire, events);
            }
        }
        else
        {
            ReadPart(content, wire, events);
        }
    }

    private void ReadPart(JsonNode part, long wire, StreamEvents events)
    {
        Words(BlockKind.Thinking, wire, part["thinking"u8].Text, events);
        Words(BlockKind.Text, wire, part["text"u8].Text, events);
    }

    private void Words(BlockKind kind, long wire, JsonText words, StreamEvents events)
    {
        if (words.IsNullOrEmpty)
        {
            return;
        }

        Start(default, events);
        if (_words == None || _wordsEnded || _wordsKind != kind || _wordsWire != wire)
        {
            CloseWords(events);
            _words = _next++;
            _wordsKind = kind;
            _wordsWire = wire;
            _wordsEnded = false;
            events.AddStart(_words, kind);
        }

        events.AddText(_words, words);
    }

    private void CloseWords(StreamEvents events)
    {
        if (_words != None)
        {
            events.AddStop(_words);
            _words = None;
        }
    }

    private void ReadCitation(JsonNode citation, StreamEvents events)
    {
        JsonText type = citation["type"u8].Text;
        bool isOfPlan = type.Is("PLAN"u8);
        long wire = isOfPlan ? Plan : citation["content_index"u8].Integer ?? _wordsWire;
        if (_words == None || _wordsKind != BlockKind.Text || _wordsWire != wire || type.Is("THINKING_CONTENT"u8))
        {
            return;
        }

        foreach (JsonNode source in citation["sources"u8].Items)
        {
            ref StreamEvent cited = ref events.Add(StreamEventKind.CitationDelta);
            cited.Index = _words;
            cited.Citation = Citations.Read(citation, source);
        }
    }

    private void StartCall(long wire, JsonNode call, StreamEvents events)
    {
        if (wire < 0 || !call.IsObject || _calls.Count == MaxCalls || !_calls.TryAdd(wire, _next))
        {
            return;
        }

        Start(default, events);
        CloseWords(events);
        int index = _next++;
        _open.Add(index);
        JsonNode function = call["function"u8];
        ref StreamEvent start = ref events.AddStart(index, BlockKind.ToolUse);
        start.Id = call["id"u8].Text.IsNullOrEmpty ? JsonText.From(Ids.Uuid()) : call["id"u8].Text;
        start.Name = function["name"u8].Text.IsAbsent ? JsonText.Empty : function["name"u8].Text;
        AddInput(index, Arguments(function), events);
    }

    private void EndCall(long wire, StreamEvents events)
    {
        if (_calls.TryGetValue(wire, out int index) && _open.Remove(index))
        {
            events.AddStop(index);
        }
    }

    // A string in pieces; a host may send the object itself.
    private JsonText Arguments(JsonNode function)
    {
        JsonNode arguments = function["arguments"u8];
        return arguments.IsObject ? _arena.StoreEscaped(arguments.Raw.Span) : arguments.Text;
    }

    private static void AddInput(int index, JsonText arguments, StreamEvents events)
    {
        if (!arguments.IsNullOrEmpty)
        {
            ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
            input.Index = index;
            input.Text = arguments;
        }
    }

    private void End(JsonNode delta, StreamEvents events)
    {
        _hasEnded = true;
        Start(default, events);
        CloseWords(events);
        foreach (int call in _open)
        {
            events.AddStop(call);
        }

        JsonText word = delta["finish_reason"u8].Text;
        StopReason reason = StopReasons.Read(word);
        Usage usage = UsageFields.Read(delta["usage"u8]);
        bool hasWords = !delta["error"u8].Text.IsNullOrEmpty;
        bool isFailure = hasWords && reason is (StopReason.Error or StopReason.None);
        ref StreamEvent end = ref events.Add(StreamEventKind.MessageDelta);
        end.Usage = usage;
        end.StopReason = isFailure ? StopReason.None : reason;
        end.StopExplanation = isFailure || !hasWords ? default : delta["error"u8].Text;
        if (isFailure)
        {
            events.Add(StreamEventKind.Error).Error = ErrorReader.ReadInside(delta["error"u8], delta["error_type"u8], reason, word.Is("TIMEOUT"u8));
        }
        else
        {
            events.Add(StreamEventKind.MessageStop);
        }
    }
}

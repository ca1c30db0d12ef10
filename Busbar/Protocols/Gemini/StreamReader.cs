using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// Turns chunks into events. Thinking and text give way to each other and come back as new blocks; calls come whole, or on Vertex in pieces that
/// are put together first. There is no terminator: an answer with a finish reason is complete when the stream ends, as counts may follow it.
/// </summary>
internal sealed class StreamReader : IStreamReader
{
    private const int None = -1;

    private readonly IrArena _scratch = new();
    private readonly PooledBuffer _text = new();
    private StreamEvents _events = new();
    private ArgumentTree? _arguments;
    private int _partialCall;
    private JsonSlice _logprobs;
    private byte[] _salt = [];
    private int _next;
    private int _words = None;
    private BlockKind _wordsKind;
    private int _calls;
    private long _closedBytes;
    private long _citedUntil = -1;
    private long _citedNow = -1;
    private bool _hasListedSources;
    private bool _hasStarted;
    private bool _hasFailed;
    private StopReason _stop;

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        JsonTape tape = JsonTape.Shared;
        if (_hasFailed || frame.Data.IsEmpty || !tape.TryParse(frame.Data))
        {
            return;
        }

        _events = events;
        _scratch.Reset();
        JsonNode root = tape.Root.IsArray ? tape.Root[0] : tape.Root;
        if (!root.IsObject)
        {
            return;
        }

        if (ErrorReader.Is(root))
        {
            ProviderError said = ErrorReader.Lift(0, root);
            events.Add(StreamEventKind.Error).Error = new(ErrorReader.Classify(said), said);
            _hasFailed = true;
            return;
        }

        JsonNode candidate = ResponseReader.First(root);
        Usage usage = UsageFields.Read(ResponseReader.UsageOf(root));
        JsonText blocked = StopReasons.BlockReason(ResponseReader.Feedback(root));
        bool hasOthers = ResponseReader.HasOthers(root);
        if (!candidate.IsObject && !usage.IsReported && blocked.IsAbsent && !hasOthers)
        {
            return;
        }

        Start(root, usage);
        _logprobs = Logprobs.Read(Spelling.Get(candidate, "logprobsResult"u8, "logprobs_result"u8), _scratch);
        foreach (JsonNode part in new OneOrMany(candidate["content"u8]["parts"u8]))
        {
            ReadPart(part);
        }

        if (Grounding.Has(candidate))
        {
            Cite(candidate);
        }

        if (candidate.IsObject)
        {
            Finish(candidate);
        }
        else if (!blocked.IsAbsent)
        {
            Block(blocked, ResponseReader.Feedback(root));
        }

        if (usage.IsReported || hasOthers)
        {
            ref StreamEvent news = ref events.Add(StreamEventKind.MessageDelta);
            news.Usage = usage;
            news.ServiceTier = UsageFields.Tier(ResponseReader.UsageOf(root));
            news.HasOtherCandidates = hasOthers;
        }
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events)
    {
        if (_hasFailed || _stop == StopReason.None)
        {
            return;
        }

        _events = events;
        CloseWords();
        CloseCall();
        events.Add(StreamEventKind.MessageStop);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        _text.Dispose();
        _arguments?.Dispose();
    }

    private void Start(JsonNode root, in Usage usage)
    {
        if (_hasStarted)
        {
            return;
        }

        _hasStarted = true;
        ref StreamEvent start = ref _events.Add(StreamEventKind.MessageStart);
        start.Id = ResponseReader.Id(root);
        start.Model = ResponseReader.Model(root);
        start.Created = ResponseReader.Created(root);
        start.Usage = usage;
        _salt = start.Id.IsNullOrEmpty ? JsonText.From(Ids.Random("", 16)).Span.ToArray() : start.Id.Span.ToArray();
    }

    private void ReadPart(JsonNode part)
    {
        if (PartReader.Call(part) is { IsObject: true } call)
        {
            ReadCall(part, call);
            return;
        }

        JsonText signature = PartReader.Signature(part);
        JsonText text = part["text"u8].Text;
        BlockKind kind = part["thought"u8].IsTrue ? BlockKind.Thinking : BlockKind.Text;
        if (!text.IsNullOrEmpty)
        {
            _events.AddText(Open(kind), text);
            if (kind == BlockKind.Text)
            {
                _text.Write(text.Span);
                _events[_events.Count - 1].Logprobs = _logprobs;
                _logprobs = default;
            }
        }
        else if (text.IsAbsent && PartReader.Read(part, _scratch) is { Kind: not (BlockKind.Text or BlockKind.Thinking) } whole)
        {
            CloseWords();
            _events.AddStart(_next, whole.Kind).Whole = whole;
            _events.AddStop(_next++);
            return;
        }

        // A signature on an empty part belongs to the words before it; a thought may have no words, a text without words would be a block of nothing.
        bool hasHome = kind == BlockKind.Thinking || (_words != None && _wordsKind == kind);
        if (!signature.IsAbsent && hasHome)
        {
            AddSignature(Open(kind), signature);
        }
    }

    private int Open(BlockKind kind)
    {
        if (_words != None && _wordsKind != kind)
        {
            CloseWords();
        }

        if (_words == None)
        {
            _words = _next++;
            _wordsKind = kind;
            _events.AddStart(_words, kind);
        }

        return _words;
    }

    private void CloseWords()
    {
        if (_words == None)
        {
            return;
        }

        _events.AddStop(_words);
        _words = None;
        if (_wordsKind == BlockKind.Text)
        {
            _closedBytes += TextOffsets.Length(new JsonText(_text.Memory), TextUnit.Utf8);
            _text.Clear();
        }
    }

    private void ReadCall(JsonNode part, JsonNode call)
    {
        JsonText name = call["name"u8].Text;
        JsonNode pieces = Spelling.Get(call, "partialArgs"u8, "partial_args"u8);
        bool goesOn = Spelling.Get(call, "willContinue"u8, "will_continue"u8).IsTrue;
        if (!name.IsNullOrEmpty)
        {
            int index = OpenCall(call, name);
            if (PartReader.Signature(part) is { IsAbsent: false } signature)
            {
                AddSignature(index, signature);
            }

            if (!goesOn && pieces.IsNull)
            {
                AddWholeInput(index, call["args"u8]);
                _events.AddStop(index);
                return;
            }

            _arguments = new ArgumentTree();
            _partialCall = index;
        }

        if (_arguments is null)
        {
            return;
        }

        foreach (JsonNode piece in new OneOrMany(pieces))
        {
            _arguments.Add(piece);
        }

        if (!goesOn)
        {
            CloseCall();
        }
    }

    private int OpenCall(JsonNode call, JsonText name)
    {
        CloseWords();
        CloseCall();
        _calls++;
        JsonText id = call["id"u8].Text;
        ref StreamEvent start = ref _events.AddStart(_next, BlockKind.ToolUse);
        start.Id = id.IsNullOrEmpty ? CallIds.Of(new JsonText(_salt), _calls, name, _scratch) : id;
        start.Name = name;
        return _next++;
    }

    private void CloseCall()
    {
        if (_arguments is not { } arguments)
        {
            return;
        }

        using var json = new PooledBuffer();
        arguments.Write(new JsonWriter(json));
        AddInput(_partialCall, json.Span);
        _events.AddStop(_partialCall);
        arguments.Dispose();
        _arguments = null;
    }

    private void AddInput(int index, ReadOnlySpan<byte> json)
    {
        ref StreamEvent input = ref _events.Add(StreamEventKind.InputDelta);
        input.Index = index;
        input.Text = _scratch.StoreEscaped(json);
    }

    private void AddWholeInput(int index, JsonNode arguments)
    {
        if (arguments.IsString && !arguments.Text.IsNullOrEmpty)
        {
            // The text of the object, as some compatible hosts have it.
            ref StreamEvent input = ref _events.Add(StreamEventKind.InputDelta);
            input.Index = index;
            input.Text = arguments.Text;
        }
        else
        {
            AddInput(index, arguments.IsNull || arguments.IsString ? "{}"u8 : arguments.Raw.Span);
        }
    }

    private void AddSignature(int index, JsonText signature)
    {
        ref StreamEvent signed = ref _events.Add(StreamEventKind.SignatureDelta);
        signed.Index = index;
        signed.Text = signature;
        signed.Origin = ProtocolId.Gemini;
    }

    // Chunks repeat what earlier ones cited; ranges run over the texts of all chunks.
    private void Cite(JsonNode candidate)
    {
        if (_words == None || _wordsKind != BlockKind.Text)
        {
            return;
        }

        StreamReader self = this;
        Grounding.Read(candidate, ref self, static (ref StreamReader reader, in Citation source, int _, long start, long end)
            => reader.Cite(source, start, end));
        _citedUntil = Math.Max(_citedUntil, _citedNow);
        _hasListedSources = true;
    }

    private void Cite(in Citation source, long start, long end)
    {
        bool isKnown = end < 0 ? _hasListedSources : end <= _citedUntil;
        if (isKnown)
        {
            return;
        }

        _citedNow = Math.Max(_citedNow, end);
        ref StreamEvent cited = ref _events.Add(StreamEventKind.CitationDelta);
        cited.Index = _words;
        cited.Citation = source;
        if (end >= 0 && start >= _closedBytes)
        {
            var text = new JsonText(_text.Memory);
            cited.Citation.TextStart = TextOffsets.Convert(text, start - _closedBytes, TextUnit.Utf8, TextUnit.Scalar);
            cited.Citation.TextEnd = TextOffsets.Convert(text, end - _closedBytes, TextUnit.Utf8, TextUnit.Scalar);
        }
    }

    private void Finish(JsonNode candidate)
    {
        StopReason reason = StopReasons.Read(ResponseReader.Finish(candidate), _calls > 0);
        if (reason == StopReason.None)
        {
            return;
        }

        // Older models say STOP in every chunk, so words may go on after it.
        if (reason != _stop)
        {
            _stop = reason;
            ref StreamEvent news = ref _events.Add(StreamEventKind.MessageDelta);
            news.StopReason = reason;
            news.StopExplanation = StopReasons.Explanation(candidate, reason);
        }
    }

    private void Block(JsonText reason, JsonNode feedback)
    {
        _stop = StopReason.Safety;
        ref StreamEvent news = ref _events.Add(StreamEventKind.MessageDelta);
        news.StopReason = _stop;
        news.StopCategory = reason;
        news.StopExplanation = Spelling.Get(feedback, "blockReasonMessage"u8, "block_reason_message"u8).Text;
    }
}

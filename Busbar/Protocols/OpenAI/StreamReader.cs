using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// Turns chunks into events. Thinking and text give way to each other and to calls, and come back as new blocks; calls may grow side by
/// side. The answer ends with <c>[DONE]</c>, or with the end of the stream, as some hosts send no <c>[DONE]</c>; but only once a <c>finish_reason</c>
/// was seen: without one it was cut, unless the counts of the whole were sent at the end.
/// </summary>
internal sealed class StreamReader : IStreamReader
{
    private const int MaxCalls = 128;
    private const int LegacyCall = -1;
    private const int None = -1;

    private readonly IrArena _arena = new();
    private readonly List<ToolSlot> _calls = [];
    private int _next;
    private int _words = None;
    private BlockKind _wordsKind;
    private bool _hasRefusal;
    private bool _hasStarted;
    private bool _hasEnded;
    private bool _hasWords;
    private bool _hasSources;
    private bool _hasSound;
    private bool _isCounted;
    private bool _hasOthers;
    private StopReason _stop;

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        ReadOnlySpan<byte> data = JsonSyntax.Trim(frame.Data.Span);
        if (_hasEnded || data.IsEmpty)
        {
            return;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            if (_stop != StopReason.None || _isCounted)
            {
                End(events);
            }

            _hasEnded = true;
            return;
        }

        JsonTape tape = JsonTape.Shared;
        if (!tape.TryParse(frame.Data) || !tape.Root.IsObject)
        {
            return;
        }

        _arena.Reset();
        JsonNode root = tape.Root;
        if (ErrorReader.Is(root))
        {
            Fail(root, events);
            return;
        }

        JsonNode choices = root["choices"u8];
        JsonNode choice = ResponseReader.First(choices);
        Usage usage = UsageFields.Find(root, choice);
        if (choice.IsMissing && !usage.IsReported)
        {
            return;
        }

        if (ErrorReader.HasError(choice))
        {
            Fail(choice, events);
            return;
        }

        Start(root, events);
        _isCounted |= choice.IsMissing;
        bool isOther = choice["index"u8].Integer > 0;
        _hasOthers |= isOther || !choices[1].IsMissing;
        if (!isOther)
        {
            // Some hosts put the whole message into their last chunk, or into the only one.
            JsonNode delta = choice["delta"u8];
            ReadDelta(delta.IsObject || _hasWords ? delta : choice["message"u8], choice["logprobs"u8]["content"u8], events);
            ReadSources(root["citations"u8], events);
            Finish(choice["finish_reason"u8].Text, root["service_tier"u8].Text, events);
        }

        if (usage.IsReported)
        {
            ref StreamEvent news = ref events.Add(StreamEventKind.MessageDelta);
            news.Usage = usage;
            news.HasOtherCandidates = _hasOthers;
        }
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events)
    {
        if (!_hasEnded && _stop != StopReason.None)
        {
            End(events);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ToolSlot call in _calls)
        {
            call.Dispose();
        }

        _calls.Clear();
        _arena.Dispose();
    }

    private void Fail(JsonNode holder, StreamEvents events)
    {
        ProviderError said = ErrorReader.Lift(400, holder);
        events.Add(StreamEventKind.Error).Error = new(ErrorReader.Classify(said), said);
        _hasEnded = true;
    }

    private void Start(JsonNode root, StreamEvents events)
    {
        if (_hasStarted)
        {
            return;
        }

        _hasStarted = true;
        ref StreamEvent start = ref events.Add(StreamEventKind.MessageStart);
        start.Id = root["id"u8].Text;
        start.Model = root["model"u8].Text;
        start.Created = Usage.Count(root["created"u8].Integer);
        start.ServiceTier = root["service_tier"u8].Text;
    }

    private void ReadDelta(JsonNode delta, JsonNode logprobs, StreamEvents events)
    {
        Words(BlockKind.Thinking, ReasoningText.Of(delta), events);
        JsonNode content = delta["content"u8];
        Words(BlockKind.Text, content.Text, events);
        if (!content.Text.IsNullOrEmpty && !logprobs[0].IsMissing)
        {
            events[events.Count - 1].Logprobs = logprobs.Raw;
        }

        foreach (JsonNode part in content.Items)
        {
            Words(BlockKind.Thinking, ReasoningText.OfPart(part), events);
            Words(BlockKind.Text, part["text"u8].Text, events);
        }

        Words(BlockKind.Refusal, delta["refusal"u8].Text, events);
        foreach (JsonNode annotation in delta["annotations"u8].Items)
        {
            if (Annotations.TryRead(annotation, out Citation citation))
            {
                ref StreamEvent cited = ref events.Add(StreamEventKind.CitationDelta);
                cited.Index = Open(BlockKind.Text, events);
                cited.Citation = citation;
            }
        }

        Sound(delta["audio"u8], events);
        foreach (JsonNode image in delta["images"u8].Items)
        {
            AddWhole(PartReader.ReadOne(image, _arena), events);
        }

        foreach (JsonNode call in delta["tool_calls"u8].Items)
        {
            bool isCustom = ToolCalls.IsCustom(call);
            ReadCall(call, call[isCustom ? "custom"u8 : "function"u8], isCustom, call["index"u8].Integer ?? None - 1, events);
        }

        if (delta["function_call"u8] is { IsObject: true } legacy && HasPart(legacy))
        {
            ReadCall(default, legacy, false, LegacyCall, events);
        }
    }

    // Hosts that write out whole structs fill it in beside the real calls, with nothing.
    private static bool HasPart(JsonNode legacy) =>
        !legacy["name"u8].Text.IsNullOrEmpty || !legacy["arguments"u8].Text.IsNullOrEmpty || legacy["arguments"u8].IsObject;

    // What is said aloud comes in words too.
    private void Sound(JsonNode audio, StreamEvents events)
    {
        Words(BlockKind.Text, audio["transcript"u8].Text, events);
        if (!_hasSound && !audio["data"u8].Text.IsNullOrEmpty)
        {
            _hasSound = true;
            AddWhole(_arena.NewBlock(BlockKind.Audio), events);
        }
    }

    private void AddWhole(Block block, StreamEvents events)
    {
        CloseWords(events);
        events.AddStart(_next, block.Kind).Whole = block;
        events.AddStop(_next++);
    }

    // The same list in every chunk: once, as soon as there is something that it can stand by.
    private void ReadSources(JsonNode sources, StreamEvents events)
    {
        if (_hasSources || _words == None || _wordsKind != BlockKind.Text)
        {
            return;
        }

        foreach (JsonNode source in sources.Items)
        {
            if (Annotations.TryReadAddress(source, out Citation citation))
            {
                _hasSources = true;
                ref StreamEvent cited = ref events.Add(StreamEventKind.CitationDelta);
                cited.Index = _words;
                cited.Citation = citation;
            }
        }
    }

    private void Words(BlockKind kind, JsonText words, StreamEvents events)
    {
        if (!words.IsNullOrEmpty)
        {
            int index = Open(kind, events);
            events.AddText(index, words);
            _hasWords = true;
            _hasRefusal |= kind == BlockKind.Refusal;
        }
    }

    private int Open(BlockKind kind, StreamEvents events)
    {
        if (_words != None && _wordsKind != kind)
        {
            CloseWords(events);
        }

        if (_words == None)
        {
            _words = _next++;
            _wordsKind = kind;
            events.AddStart(_words, kind);
        }

        return _words;
    }

    private void CloseWords(StreamEvents events)
    {
        if (_words != None)
        {
            events.AddStop(_words);
            _words = None;
        }
    }

    private void ReadCall(JsonNode call, JsonNode function, bool isCustom, long wireIndex, StreamEvents events)
    {
        JsonText id = call["id"u8].Text;
        JsonText name = function["name"u8].Text;
        if (Slot(wireIndex, id, name, events) is not { } slot)
        {
            return;
        }

        if (slot.Id.IsAbsent && !id.IsNullOrEmpty)
        {
            slot.Id = new(id.Escaped.ToArray());
        }

        slot.IsCustom |= isCustom;
        if (!slot.IsOpen && !name.IsNullOrEmpty)
        {
            OpenCall(slot, name, events);
        }

        JsonText arguments = Arguments(function[slot.IsCustom ? "input"u8 : "arguments"u8]);
        if (!arguments.IsNullOrEmpty)
        {
            if (slot.IsOpen)
            {
                AddInput(slot.Index, arguments, events);
            }
            else
            {
                slot.Keep(arguments);
            }
        }

        JsonText signature = ToolCalls.Signature(call);
        if (!signature.IsAbsent && slot.IsOpen)
        {
            ref StreamEvent signed = ref events.Add(StreamEventKind.SignatureDelta);
            signed.Index = slot.Index;
            signed.Text = signature;
            signed.Origin = ProtocolId.Gemini;
        }
    }

    // A string in pieces; hosts that build their chunks from whole calls send the object itself.
    private JsonText Arguments(JsonNode arguments) => arguments.IsObject ? _arena.StoreEscaped(arguments.Raw.Span) : arguments.Text;

    // Some hosts give every call the position 0, or none, and tell calls apart by id only.
    private ToolSlot? Slot(long wireIndex, JsonText id, JsonText name, StreamEvents events)
    {
        for (int position = _calls.Count - 1; position >= 0; position--)
        {
            ToolSlot slot = _calls[position];
            if (slot.IsClosed || (wireIndex >= LegacyCall && slot.WireIndex != wireIndex))
            {
                continue;
            }

            if (!slot.IsOpen || id.IsNullOrEmpty || name.IsNullOrEmpty || slot.Id.Equals(id))
            {
                return slot;
            }

            Close(slot, events);
            break;
        }

        if (_calls.Count == MaxCalls)
        {
            return null;
        }

        var added = new ToolSlot { WireIndex = wireIndex };
        _calls.Add(added);
        return added;
    }

    private void OpenCall(ToolSlot slot, JsonText name, StreamEvents events)
    {
        CloseWords(events);
        if (slot.Id.IsAbsent)
        {
            slot.Id = JsonText.From(Ids.Random("call_", 24));
        }

        slot.IsOpen = true;
        slot.Index = _next++;
        ref StreamEvent start = ref events.AddStart(slot.Index, BlockKind.ToolUse);
        start.Id = slot.Id;
        start.Name = name;
        start.IsCustomTool = slot.IsCustom;
        if (slot.Early is { Length: > 0 } early)
        {
            AddInput(slot.Index, new JsonText(early.Memory), events);
        }
    }

    private static void AddInput(int index, JsonText arguments, StreamEvents events)
    {
        ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
        input.Index = index;
        input.Text = arguments;
    }

    private static void Close(ToolSlot slot, StreamEvents events)
    {
        if (slot is { IsOpen: true, IsClosed: false })
        {
            events.AddStop(slot.Index);
        }

        slot.IsClosed = true;
    }

    private bool CloseAll(StreamEvents events)
    {
        CloseWords(events);
        bool hasCalls = false;
        foreach (ToolSlot slot in _calls)
        {
            hasCalls |= slot.IsOpen;
            Close(slot, events);
        }

        return hasCalls;
    }

    private void Finish(JsonText word, JsonText tier, StreamEvents events)
    {
        if (word.IsNullOrEmpty)
        {
            return;
        }

        StopReason reason = StopReasons.Read(word, _hasRefusal, CloseAll(events));
        if (reason != _stop)
        {
            _stop = reason;
            ref StreamEvent news = ref events.Add(StreamEventKind.MessageDelta);
            news.StopReason = reason;
            news.ServiceTier = tier;
            news.HasOtherCandidates = _hasOthers;
        }
    }

    private void End(StreamEvents events)
    {
        _hasEnded = true;
        CloseAll(events);
        events.Add(StreamEventKind.MessageStop);
    }
}

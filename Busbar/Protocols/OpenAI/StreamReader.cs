using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// Turns chunks into events. Thinking and text give way to each other and to calls, and come back as new blocks; calls may grow side by
/// side. The answer ends with <c>[DONE]</c>, or with the end of the stream once a <c>finish_reason</c> was seen, as some hosts send no <c>[DONE]</c>.
/// </summary>
internal sealed class StreamReader : IStreamReader
{
    private const int MaxCalls = 128;
    private const int LegacyCall = -1;
    private const int None = -1;

    private readonly List<ToolSlot> _calls = [];
    private int _next;
    private int _words = None;
    private BlockKind _wordsKind;
    private bool _hasRefusal;
    private bool _hasStarted;
    private bool _hasEnded;
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
            End(events);
            return;
        }

        JsonTape tape = JsonTape.Shared;
        if (!tape.TryParse(frame.Data) || !tape.Root.IsObject)
        {
            return;
        }

        JsonNode root = tape.Root;
        JsonNode error = root["error"u8];
        if (error.IsObject || !error.Text.IsNullOrEmpty)
        {
            ProviderError said = ErrorReader.Lift(400, root);
            events.Add(StreamEventKind.Error).Error = new(ErrorReader.Classify(said), said);
            _hasEnded = true;
            return;
        }

        JsonNode choices = root["choices"u8];
        Usage usage = UsageFields.Read(root["usage"u8]);
        bool hasChoice = !choices[0].IsMissing;
        if (!hasChoice && !usage.IsReported)
        {
            return;
        }

        Start(root, events);
        foreach (JsonNode choice in choices.Items)
        {
            if ((choice["index"u8].Integer ?? 0) == 0)
            {
                ReadDelta(choice["delta"u8], choice["logprobs"u8]["content"u8], events);
                Finish(choice["finish_reason"u8].Text, events);
            }
        }

        if (usage.IsReported && usage.Total > 0)
        {
            events.Add(StreamEventKind.MessageDelta).Usage = usage;
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

        foreach (JsonNode call in delta["tool_calls"u8].Items)
        {
            JsonNode custom = call["custom"u8];
            ReadCall(call, custom.IsObject ? custom : call["function"u8], custom.IsObject, call["index"u8].Integer ?? None - 1, events);
        }

        if (delta["function_call"u8] is { IsObject: true } legacy)
        {
            ReadCall(default, legacy, false, LegacyCall, events);
        }
    }

    private void Words(BlockKind kind, JsonText words, StreamEvents events)
    {
        if (!words.IsNullOrEmpty)
        {
            int index = Open(kind, events);
            events.AddText(index, words);
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

        JsonText arguments = function[slot.IsCustom ? "input"u8 : "arguments"u8].Text;
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

    private void Finish(JsonText word, StreamEvents events)
    {
        if (word.IsNullOrEmpty)
        {
            return;
        }

        StopReason reason = StopReasons.Read(word, _hasRefusal, CloseAll(events));
        if (reason != _stop)
        {
            _stop = reason;
            events.Add(StreamEventKind.MessageDelta).StopReason = reason;
        }
    }

    private void End(StreamEvents events)
    {
        _hasEnded = true;
        CloseAll(events);
        events.Add(StreamEventKind.MessageStop);
    }
}

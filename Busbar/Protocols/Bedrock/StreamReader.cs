using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>
/// Turns the events of a ConverseStream into the shared ones. Only tools and images are announced; text and reasoning open with their first words.
/// The stop reason waits for the metadata that follow it, or for the end of the stream.
/// </summary>
internal sealed class StreamReader : IStreamReader
{
    /// <summary>Largest block number; a stream that counts further is broken or hostile.</summary>
    private const int LastIndex = 1023;

    private readonly IrArena _arena = new();
    private readonly HeldBytes _held = new();
    private StreamBlock[] _blocks = new StreamBlock[4];
    private int _next;
    private bool _isStarted;
    private bool _isEnded;
    private bool _hasMetadata;
    private StreamEvent _terminal = new() { Kind = StreamEventKind.MessageDelta };
    private bool _hasStop;

    // A text that has ended stays open for citations, which grounding puts into a block of their own without words.
    private int _lastText = -1;

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        JsonTape tape = JsonTape.Shared;
        bool isReadable = tape.TryParse(frame.Data);
        if (frame.IsException)
        {
            events.Add(StreamEventKind.Error).Error = ErrorReader.ReadException(frame.Name.Span, tape.Root);
            return;
        }

        if (!isReadable || _isEnded)
        {
            return;
        }

        _arena.Reset();
        JsonNode root = tape.Root;
        if (frame.Is("contentBlockDelta"u8))
        {
            ReadDelta(root, events);
        }
        else if (frame.Is("contentBlockStart"u8))
        {
            ReadStart(root, events);
        }
        else if (frame.Is("contentBlockStop"u8))
        {
            if (IndexOf(root) is int index && index < _blocks.Length)
            {
                Stop(ref _blocks[index], events);
            }
        }
        else if (frame.Is("messageStart"u8))
        {
            _isStarted = true;
            events.Add(StreamEventKind.MessageStart);
        }
        else if (frame.Is("messageStop"u8))
        {
            ReadStop(root, events);
        }
        else if (frame.Is("metadata"u8))
        {
            _hasMetadata = true;
            _terminal.Usage.Merge(UsageFields.Read(root["usage"u8]));
            _terminal.StopExplanation = Own(root["trace"u8]["guardrail"u8]["actionReason"u8].Text);
            _terminal.ServiceTier = Own(root["serviceTier"u8]["type"u8].Text);
            End(events);
        }
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events)
    {
        _hasMetadata = true;
        End(events);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena.Dispose();
        _held.Dispose();
    }

    private static int? IndexOf(JsonNode root) => root["contentBlockIndex"u8].Number is double index and >= 0 ? (int)Math.Min(index, LastIndex)
        : null;

    // What must outlive its frame, once in a stream.
    private static JsonText Own(JsonText text) => text.IsAbsent ? default : new(text.Span.ToArray());

    private ref StreamBlock BlockAt(int index)
    {
        if (index >= _blocks.Length)
        {
            Array.Resize(ref _blocks, Math.Max(index + 1, _blocks.Length * 2));
        }

        return ref _blocks[index];
    }

    private void ReadStart(JsonNode root, StreamEvents events)
    {
        if (IndexOf(root) is not int index)
        {
            return;
        }

        ref StreamBlock block = ref BlockAt(index);
        JsonNode tool = root["start"u8]["toolUse"u8];
        if (tool.IsObject)
        {
            bool isServer = tool["type"u8].Text.Is("server_tool_use"u8);
            if (_isStarted || isServer)
            {
                OpenTool(ref block, isServer ? BlockKind.ServerToolUse : BlockKind.ToolUse, tool["toolUseId"u8].Text, tool["name"u8].Text, events);
            }
            else
            {
                block.EarlyId = Own(tool["toolUseId"u8].Text);
                block.EarlyName = Own(tool["name"u8].Text);
            }
        }
        else if (root["start"u8]["toolResult"u8].IsObject)
        {
            Open(ref block, BlockKind.ServerToolResult, events);
        }
        else if (root["start"u8]["image"u8] is { IsObject: true } image)
        {
            MediaFormats.TryImageType(image["format"u8].Text, out JsonText type);
            StartHeld(ref block, BlockKind.Image, type, events);
        }
    }

    private void ReadDelta(JsonNode root, StreamEvents events)
    {
        if (IndexOf(root) is not int index)
        {
            return;
        }

        ref StreamBlock block = ref BlockAt(index);
        foreach (JsonMember member in root["delta"u8].Members)
        {
            JsonNode value = member.Value;
            if (member.Name.Is("text"u8))
            {
                AddWords(ref block, BlockKind.Text, value.Text, events);
            }
            else if (member.Name.Is("toolUse"u8))
            {
                JsonNode input = value["input"u8];
                AddInput(ref block, input.IsObject ? _arena.StoreEscaped(input.Raw.Span) : input.Text, events);
            }
            else if (member.Name.Is("reasoningContent"u8))
            {
                ReadReasoning(ref block, value, events);
            }
            else if (member.Name.Is("citation"u8) && value.IsObject)
            {
                bool isCarried = _lastText >= 0 && !block.IsOpen;
                if (!isCarried)
                {
                    Open(ref block, BlockKind.Text, events);
                }

                ref StreamEvent cited = ref events.Add(StreamEventKind.CitationDelta);
                cited.Index = isCarried ? _lastText : block.Number;
                cited.Citation = Citations.Read(value, _arena);
            }
            else if (member.Name.Is("image"u8) && block.IsOpen && block.Kind == BlockKind.Image && block.Number == _held.Number)
            {
                _held.Add(value["source"u8]["bytes"u8].Text);
            }
        }
    }

    private void ReadReasoning(ref StreamBlock block, JsonNode reasoning, StreamEvents events)
    {
        AddWords(ref block, BlockKind.Thinking, reasoning["text"u8].Text, events);
        JsonText signature = reasoning["signature"u8].Text;
        if (!signature.IsNullOrEmpty)
        {
            Open(ref block, BlockKind.Thinking, events);
            ref StreamEvent signed = ref events.Add(StreamEventKind.SignatureDelta);
            signed.Index = block.Number;
            signed.Text = signature;
            signed.Origin = ProtocolId.Bedrock;
        }

        JsonText redacted = reasoning["redactedContent"u8].Text;
        if (!redacted.IsNullOrEmpty)
        {
            if (!block.IsOpen || block.Number != _held.Number)
            {
                Stop(ref block, events);
                StartHeld(ref block, BlockKind.Thinking, default, events);
            }

            _held.Add(redacted);
        }
    }

    private void AddWords(ref StreamBlock block, BlockKind kind, JsonText words, StreamEvents events)
    {
        // A stray text at the number of an open call is no reason to end the call.
        if (words.IsNullOrEmpty || (block.IsOpen && block.Kind is BlockKind.ToolUse or BlockKind.ServerToolUse or BlockKind.ServerToolResult))
        {
            return;
        }

        Open(ref block, kind, events);
        events.AddText(block.Number, words);
    }

    private void AddInput(ref StreamBlock block, JsonText fragment, StreamEvents events)
    {
        if (!block.IsOpen && !block.EarlyName.IsAbsent)
        {
            OpenTool(ref block, BlockKind.ToolUse, block.EarlyId, block.EarlyName, events);
        }

        if (block.IsOpen && block.Kind == BlockKind.ToolUse && !fragment.IsNullOrEmpty)
        {
            ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
            input.Index = block.Number;
            input.Text = fragment;
        }
    }

    private void OpenTool(ref StreamBlock block, BlockKind kind, JsonText id, JsonText name, StreamEvents events)
    {
        Stop(ref block, events);
        EndText(events);
        block = new StreamBlock { Number = _next++, Kind = kind, IsOpen = true };
        ref StreamEvent start = ref events.AddStart(block.Number, kind);
        start.Id = id;
        start.Name = name;
    }

    // Some models put reasoning and text at the same number: a change of kind is a new block.
    private void Open(ref StreamBlock block, BlockKind kind, StreamEvents events)
    {
        if (block.IsOpen && block.Kind == kind && block.Number != _held.Number)
        {
            return;
        }

        Stop(ref block, events);
        EndText(events);
        block = new StreamBlock { Number = _next++, Kind = kind, IsOpen = true };
        events.AddStart(block.Number, kind);
    }

    private void StartHeld(ref StreamBlock block, BlockKind kind, JsonText mediaType, StreamEvents events)
    {
        StopHeld(events);
        EndText(events);
        block = new StreamBlock { Number = _next++, Kind = kind, IsOpen = true };
        _held.Start(block.Number, mediaType);
    }

    private void StopHeld(StreamEvents events)
    {
        for (int index = 0; index < _blocks.Length && _held.Number >= 0; index++)
        {
            if (_blocks[index].IsOpen && _blocks[index].Number == _held.Number)
            {
                Stop(ref _blocks[index], events);
            }
        }
    }

    private void Stop(ref StreamBlock block, StreamEvents events)
    {
        if (!block.IsOpen)
        {
            return;
        }

        block.IsOpen = false;
        if (block.Kind == BlockKind.Text)
        {
            EndText(events);
            _lastText = block.Number;
            return;
        }

        if (block.Number == _held.Number)
        {
            events.AddStart(block.Number, block.Kind).Whole = _held.Take(block.Kind, _arena);
        }

        events.AddStop(block.Number);
    }

    private void EndText(StreamEvents events)
    {
        if (_lastText >= 0)
        {
            events.AddStop(_lastText);
            _lastText = -1;
        }
    }

    private void ReadStop(JsonNode root, StreamEvents events)
    {
        for (int index = 0; index < _blocks.Length; index++)
        {
            Stop(ref _blocks[index], events);
        }

        EndText(events);
        _hasStop = true;
        _terminal.StopReason = StopReasons.Read(root["stopReason"u8].Text);
        _terminal.StopSequence = Own(ResponseReader.StopSequence(root["additionalModelResponseFields"u8]));
        End(events);
    }

    private void End(StreamEvents events)
    {
        if (_hasStop && _hasMetadata && !_isEnded)
        {
            _isEnded = true;
            events.Add(StreamEventKind.MessageDelta) = _terminal;
            events.Add(StreamEventKind.MessageStop);
        }
    }
}

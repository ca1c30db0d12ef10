using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Turns the events of a Messages stream into the shared ones. Usage of the start is kept, so that every later report is complete.</summary>
internal sealed class StreamReader : IStreamReader
{
    /// <summary>Largest block number; a stream that counts further is broken or hostile.</summary>
    private const int LastIndex = 1023;

    private HeldBlock? _held;
    private readonly IrArena _arena = new();
    private Usage _usage;

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        // Everything this protocol says is an object; sentinels of compatible hosts are not worth a parser's exception.
        JsonTape tape = JsonTape.Shared;
        ReadOnlySpan<byte> data = JsonSyntax.Trim(frame.Data.Span);
        if (data.IsEmpty || data[0] != (byte)'{' || !tape.TryParse(frame.Data))
        {
            return;
        }

        _arena.Reset();
        JsonNode root = tape.Root;
        JsonText type = root["type"u8].Text;
        if (type.IsAbsent)
        {
            type = new JsonText(frame.Name);
        }

        if (type.Is("content_block_delta"u8))
        {
            if (IndexOf(root) is int index)
            {
                ReadDelta(index, root["delta"u8], events);
            }
        }
        else if (type.Is("content_block_start"u8))
        {
            if (IndexOf(root) is int index)
            {
                ReadStart(index, root["content_block"u8], events);
            }
        }
        else if (type.Is("content_block_stop"u8))
        {
            if (IndexOf(root) is int index)
            {
                ReadStop(index, events);
            }
        }
        else if (type.Is("message_start"u8))
        {
            ReadMessageStart(root["message"u8], events);
        }
        else if (type.Is("message_delta"u8))
        {
            ReadMessageDelta(root, events);
        }
        else if (type.Is("message_stop"u8))
        {
            events.Add(StreamEventKind.MessageStop);
        }
        else if (type.Is("ping"u8))
        {
            events.Add(StreamEventKind.Ping);
        }
        else if (type.Is("error"u8) || ErrorReader.Is(root))
        {
            events.Add(StreamEventKind.Error).Error = ErrorReader.ReadStreamError(root);
        }
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events)
    {
        // This protocol holds nothing back but blocks that never ended, and those are not complete.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _held?.Dispose();
        _arena.Dispose();
    }

    private static int? IndexOf(JsonNode root) => root["index"u8].Number is double index and >= 0 ? (int)Math.Min(index, LastIndex) : null;

    private void ReadMessageStart(JsonNode message, StreamEvents events)
    {
        _usage = UsageFields.Read(message["usage"u8]);
        ref StreamEvent start = ref events.Add(StreamEventKind.MessageStart);
        JsonText model = message["model"u8].Text;
        start.Id = message["id"u8].Text;
        start.Model = model.IsNullOrEmpty ? default : model;
        start.Usage = _usage;
        ReadWholeContent(message, events);
    }

    // An answer that only repeats a call made from running code comes complete in its start, reason included.
    private void ReadWholeContent(JsonNode message, StreamEvents events)
    {
        int index = 0;
        foreach (JsonNode block in message["content"u8].Items)
        {
            ReadStart(index, block, events);
            ReadStop(index, events);
            index = Math.Min(index + 1, LastIndex);
        }

        if (!message["stop_reason"u8].IsNull)
        {
            ReadStopReason(message, events);
        }
    }

    private void ReadMessageDelta(JsonNode root, StreamEvents events)
    {
        _usage.Merge(UsageFields.Read(root["usage"u8]));
        ReadStopReason(root["delta"u8], events);
    }

    private void ReadStopReason(JsonNode delta, StreamEvents events)
    {
        JsonNode details = delta["stop_details"u8];
        ref StreamEvent news = ref events.Add(StreamEventKind.MessageDelta);
        news.StopReason = StopReasons.Read(delta["stop_reason"u8].Text);
        news.StopSequence = delta["stop_sequence"u8].Text;
        news.StopCategory = details["category"u8].Text;
        news.StopExplanation = details["explanation"u8].Text;
        news.Usage = _usage;
    }

    private void ReadStart(int index, JsonNode block, StreamEvents events)
    {
        JsonText type = block["type"u8].Text;
        if (type.Is("text"u8))
        {
            events.AddStart(index, BlockKind.Text);
            AddText(index, block["text"u8].Text, events);
            foreach (JsonNode citation in block["citations"u8].Items)
            {
                AddCitation(index, citation, events);
            }
        }
        else if (type.Is("thinking"u8))
        {
            events.AddStart(index, BlockKind.Thinking);
            AddText(index, block["thinking"u8].Text, events);
            AddSignature(index, block["signature"u8].Text, events);
        }
        else if (type.Is("tool_use"u8))
        {
            ref StreamEvent start = ref events.AddStart(index, BlockKind.ToolUse);
            start.Id = block["id"u8].Text;
            start.Name = block["name"u8].Text;
            AddWholeInput(index, block["input"u8], events);
        }
        else if (type.Is("redacted_thinking"u8))
        {
            Block whole = BlockReader.Read(block, _arena, out _);
            events.AddStart(index, whole.Kind).Whole = whole;
        }
        else if (block.IsObject)
        {
            (_held ??= new()).Start(index, block);
        }
    }

    private void ReadStop(int index, StreamEvents events)
    {
        if (_held?.Index == index)
        {
            Block block = _held.Take(_arena);
            events.AddStart(index, block.Kind).Whole = block;
        }

        events.AddStop(index);
    }

    private void ReadDelta(int index, JsonNode delta, StreamEvents events)
    {
        JsonText type = delta["type"u8].Text;
        if (type.Is("text_delta"u8))
        {
            AddText(index, delta["text"u8].Text, events);
        }
        else if (type.Is("input_json_delta"u8))
        {
            JsonText fragment = delta["partial_json"u8].Text;
            if (delta["partial_json"u8].IsObject)
            {
                AddWholeInput(index, delta["partial_json"u8], events);
            }
            else
            {
                AddInput(index, fragment.IsAbsent ? delta["input_json"u8].Text : fragment, events);
            }
        }
        else if (type.Is("thinking_delta"u8))
        {
            AddText(index, delta["thinking"u8].Text, events);
        }
        else if (type.Is("signature_delta"u8))
        {
            AddSignature(index, delta["signature"u8].Text, events);
        }
        else if (type.Is("citations_delta"u8))
        {
            AddCitation(index, delta["citation"u8], events);
        }
        else if (type.Is("compaction_delta"u8) && _held?.Index == index)
        {
            _held.SetContent(delta["content"u8]);
        }
    }

    private static void AddText(int index, JsonText text, StreamEvents events)
    {
        if (!text.IsNullOrEmpty)
        {
            events.AddText(index, text);
        }
    }

    private void AddInput(int index, JsonText fragment, StreamEvents events)
    {
        if (_held?.Index == index)
        {
            _held.AddInput(fragment);
        }
        else if (!fragment.IsNullOrEmpty)
        {
            ref StreamEvent input = ref events.Add(StreamEventKind.InputDelta);
            input.Index = index;
            input.Text = fragment;
        }
    }

    // Calls from running code, and those of compatible hosts, have their arguments in the start instead of in pieces.
    private void AddWholeInput(int index, JsonNode input, StreamEvents events)
    {
        if (input.IsObject && input.Members.MoveNext())
        {
            AddInput(index, _arena.StoreEscaped(input.Raw.Span), events);
        }
        else if (!input.Text.IsNullOrEmpty)
        {
            AddInput(index, input.Text, events);
        }
    }

    private static void AddSignature(int index, JsonText signature, StreamEvents events)
    {
        if (!signature.IsNullOrEmpty)
        {
            ref StreamEvent added = ref events.Add(StreamEventKind.SignatureDelta);
            added.Index = index;
            added.Text = signature;
            added.Origin = ProtocolId.Anthropic;
        }
    }

    private static void AddCitation(int index, JsonNode citation, StreamEvents events)
    {
        if (citation.IsObject)
        {
            ref StreamEvent added = ref events.Add(StreamEventKind.CitationDelta);
            added.Index = index;
            added.Citation = Citations.Read(citation);
        }
    }
}

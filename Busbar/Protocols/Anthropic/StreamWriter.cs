using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>
/// Writes a Messages stream. Blocks that this protocol cannot show are left out and the rest renumbered, because clients append each block to
/// a list instead of looking at its index.
/// </summary>
internal sealed class StreamWriter(StreamContext context) : IStreamWriter
{
    private readonly PooledBuffer _signature = new(256);
    private Losses _losses;
    private Usage _usage;
    private BlockKind _kind;
    private bool _isOpen;
    private bool _isRefusal;
    private bool _hasTier;
    private int _index = -1;

    /// <inheritdoc/>
    public Losses Losses => _losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        switch (streamEvent.Kind)
        {
            case StreamEventKind.MessageStart: WriteMessageStart(streamEvent, output); break;
            case StreamEventKind.BlockStart: WriteBlockStart(streamEvent, output); break;
            case StreamEventKind.TextDelta: WriteText(streamEvent.Text, output); break;
            case StreamEventKind.InputDelta: WriteInput(streamEvent.Text, output); break;
            case StreamEventKind.SignatureDelta: KeepSignature(streamEvent.Text); break;
            case StreamEventKind.CitationDelta: WriteCitation(streamEvent.Citation, output); break;
            case StreamEventKind.BlockStop: WriteBlockStop(output); break;
            case StreamEventKind.MessageDelta: WriteMessageDelta(streamEvent, output); break;
            case StreamEventKind.MessageStop: output.Write("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8); break;
            case StreamEventKind.Ping: WriteKeepAlive(output); break;
        }
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        output.Write("event: error\ndata: "u8);
        ErrorWriter.WriteInStream(error, new JsonWriter(output));
        output.Write("\n\n"u8);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output) => output.Write("event: ping\ndata: {\"type\":\"ping\"}\n\n"u8);

    /// <inheritdoc/>
    public void Dispose() => _signature.Dispose();

    private void WriteMessageStart(in StreamEvent start, PooledBuffer output)
    {
        _usage = start.Usage;
        _index = -1;
        output.Write("event: message_start\ndata: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        json.Literal("type"u8, "message_start"u8);
        json.StartObject("message"u8);
        json.String("id"u8, context.Identity.Id);
        json.Literal("type"u8, "message"u8);
        json.Literal("role"u8, "assistant"u8);
        json.Text("model"u8, start.Model.IsAbsent ? context.Identity.Model : start.Model);
        json.Raw("content"u8, "[]"u8);
        json.Null("container"u8);
        json.Null("stop_reason"u8);
        json.Null("stop_sequence"u8);
        json.Null("stop_details"u8);
        UsageFields.Write(_usage.IsReported ? _usage : new Usage { Input = context.LikelyInput }, start.ServiceTier, json);
        _hasTier = !start.ServiceTier.IsNullOrEmpty;
        json.EndObject();
        json.EndObject();
        output.Write("\n\n"u8);
        WriteKeepAlive(output);
    }

    private void WriteBlockStart(in StreamEvent start, PooledBuffer output)
    {
        _isOpen = start.Whole is Block whole ? AnswerBlocks.CanWrite(whole, ref _losses) : CanStream(start.Block);
        if (!_isOpen)
        {
            return;
        }

        _kind = start.Block;
        _isRefusal |= _kind == BlockKind.Refusal;
        _index++;
        _signature.Clear();
        output.Write("event: content_block_start\ndata: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        json.Literal("type"u8, "content_block_start"u8);
        json.Number("index"u8, _index);
        json.Name("content_block"u8);
        int seed = output.Length;
        if (start.Whole is not null)
        {
            AnswerBlocks.Write(start.Whole, json, ref _losses);
            SingleLine.Enforce(output, seed);
        }
        else if (_kind == BlockKind.Thinking)
        {
            json.Raw("""{"type":"thinking","thinking":"","signature":""}"""u8);
        }
        else if (_kind == BlockKind.ToolUse)
        {
            json.StartObject();
            AnswerBlocks.WriteCall(start.Id, start.Name, json);
            json.Raw("input"u8, "{}"u8);
            json.EndObject();
        }
        else
        {
            json.Raw("""{"type":"text","text":"","citations":null}"""u8);
        }

        output.Write("}\n\n"u8);
    }

    private bool CanStream(BlockKind kind)
    {
        if (kind is BlockKind.Text or BlockKind.Refusal or BlockKind.Thinking or BlockKind.ToolUse)
        {
            return true;
        }

        _losses.Add(LossField.OpaqueBlock);
        return false;
    }

    private void WriteText(JsonText text, PooledBuffer output)
    {
        if (_isOpen && !text.IsNullOrEmpty)
        {
            StartDelta(output);
            output.Write(_kind == BlockKind.Thinking
                ? "{\"type\":\"thinking_delta\",\"thinking\":\""u8
                : "{\"type\":\"text_delta\",\"text\":\""u8);
            output.Write(text.Span);
            output.Write("\"}}\n\n"u8);
        }
    }

    private void WriteInput(JsonText fragment, PooledBuffer output)
    {
        if (_isOpen && _kind == BlockKind.ToolUse)
        {
            StartDelta(output);
            output.Write("{\"type\":\"input_json_delta\",\"partial_json\":\""u8);
            output.Write(fragment.Span);
            output.Write("\"}}\n\n"u8);
        }
    }

    // Clients replace the signature at each delta, and take the block as signed when it closes: so it is sent once, last.
    private void KeepSignature(JsonText signature)
    {
        if (_isOpen && _kind == BlockKind.Thinking)
        {
            _signature.Clear();
            _signature.Write(signature.Span);
        }
        else
        {
            _losses.Add(LossField.ToolSignature);
        }
    }

    private void WriteCitation(in Citation citation, PooledBuffer output)
    {
        if (_isOpen && _kind is (BlockKind.Text or BlockKind.Refusal))
        {
            StartDelta(output);
            output.Write("{\"type\":\"citations_delta\",\"citation\":"u8);
            int start = output.Length;
            Citations.Write(citation, new JsonWriter(output));
            SingleLine.Enforce(output, start);
            output.Write("}}\n\n"u8);
        }
    }

    private void WriteBlockStop(PooledBuffer output)
    {
        if (!_isOpen)
        {
            return;
        }

        if (_signature.Length > 0)
        {
            StartDelta(output);
            output.Write("{\"type\":\"signature_delta\",\"signature\":\""u8);
            output.Write(_signature.Span);
            output.Write("\"}}\n\n"u8);
        }

        _isOpen = false;
        output.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\""u8);
        new JsonWriter(output).Number("index"u8, _index);
        output.Write("}\n\n"u8);
    }

    private void WriteMessageDelta(in StreamEvent news, PooledBuffer output)
    {
        _usage.Merge(news.Usage);
        if (!_hasTier && !news.ServiceTier.IsNullOrEmpty && !news.ServiceTier.Is("standard"u8))
        {
            // It stands at the beginning of a stream, where it was not known yet.
            _losses.Add(LossField.ServiceTier);
        }

        StopReason reason = _isRefusal ? StopReasons.WithRefusal(news.StopReason) : news.StopReason;
        output.Write("event: message_delta\ndata: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        json.Literal("type"u8, "message_delta"u8);
        json.StartObject("delta"u8);
        StopReasons.WriteReason(reason, json);
        StopReasons.WriteSequence(reason == StopReason.StopSequence ? news.StopSequence : default, json);
        StopReasons.WriteDetails(reason, news.StopCategory, news.StopExplanation, json);
        json.Null("container"u8);
        json.EndObject();
        UsageFields.WriteDelta(_usage, json);
        json.EndObject();
        output.Write("\n\n"u8);
    }

    private void StartDelta(PooledBuffer output)
    {
        output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\""u8);
        var json = new JsonWriter(output);
        json.Number("index"u8, _index);
        json.Name("delta"u8);
    }
}

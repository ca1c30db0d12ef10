using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>
/// Writes a ConverseStream. Only tools and images are announced, since clients refuse a start without a member; text and reasoning begin with their
/// first words. The counts come in one <c>metadata</c> event, after <c>messageStop</c>.
/// </summary>
internal sealed class StreamWriter(StreamContext context) : IStreamWriter
{
    private readonly PooledBuffer _payload = new(1024);
    private Losses _losses;
    private Usage _usage;
    private StopReason _stop;
    private JsonText _tier;
    private BlockKind _kind;
    private int _index = -1;
    private bool _canStream;
    private bool _isBegun;
    private bool _hasWords;
    private bool _hasTool;
    private bool _hasRefusal;

    /// <inheritdoc/>
    public Losses Losses => _losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        switch (streamEvent.Kind)
        {
            case StreamEventKind.MessageStart:
                _usage.Merge(streamEvent.Usage);
                Begin().Literal("role"u8, "assistant"u8);
                End("messageStart"u8, output);
                break;
            case StreamEventKind.BlockStart: Start(streamEvent, output); break;
            case StreamEventKind.TextDelta: WriteWords(streamEvent.Text, output); break;
            case StreamEventKind.InputDelta: WriteInput(streamEvent.Text, output); break;
            case StreamEventKind.SignatureDelta: WriteSignature(streamEvent.Text, output); break;
            case StreamEventKind.CitationDelta: WriteCitation(streamEvent.Citation, output); break;
            case StreamEventKind.BlockStop: Stop(output); break;
            case StreamEventKind.MessageDelta:
                _usage.Merge(streamEvent.Usage);
                _stop = streamEvent.StopReason == StopReason.None ? _stop : streamEvent.StopReason;
                _tier = streamEvent.ServiceTier.IsNullOrEmpty ? _tier : new(streamEvent.ServiceTier.Span.ToArray());
                break;
            case StreamEventKind.MessageStop: Finish(output); break;
        }
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        Begin().String("message"u8, Exceptions.MessageOf(error));
        _payload.Write((byte)'}');
        EventStreamWriter.TryWriteException(output, Exceptions.StreamNameOf(error.Kind), _payload.Span);
    }

    /// <summary>Nothing: an event stream has no comment that clients would pass over.</summary>
    public void WriteKeepAlive(PooledBuffer output)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _payload.Dispose();

    private void Start(in StreamEvent start, PooledBuffer output)
    {
        _kind = start.Block;
        _isBegun = false;
        _hasWords = false;
        _hasRefusal |= _kind == BlockKind.Refusal;
        if (start.Whole is { } whole)
        {
            WriteWhole(whole, output);
            return;
        }

        _canStream = _kind is BlockKind.Text or BlockKind.Refusal or BlockKind.Thinking or BlockKind.ToolUse;
        if (_kind == BlockKind.ToolUse)
        {
            _hasTool = true;
            JsonWriter json = BeginBlock();
            json.StartObject("start"u8);
            json.StartObject("toolUse"u8);
            json.Text("toolUseId"u8, start.Id);
            json.Text("name"u8, start.Name);
            json.EndObject();
            json.EndObject();
            End("contentBlockStart"u8, output);
        }
        else if (!_canStream)
        {
            _losses.Add(LossField.OpaqueBlock);
        }
    }

    private void WriteWhole(Block whole, PooledBuffer output)
    {
        _canStream = whole is { Kind: BlockKind.Thinking, Redacted: true } or { Kind: BlockKind.Image, Source: MediaSource.Base64 };
        if (!_canStream)
        {
            _losses.Add(whole.Kind == BlockKind.Image ? LossField.Image : LossField.OpaqueBlock);
            return;
        }

        JsonWriter json = BeginBlock();
        if (whole.Kind == BlockKind.Image)
        {
            json.StartObject("start"u8);
            json.StartObject("image"u8);
            MediaWriter.WriteImageFormat(whole.MediaType, json, ref _losses);
            json.EndObject();
            json.EndObject();
            End("contentBlockStart"u8, output);
            json = BeginDelta();
            json.StartObject("image"u8);
            json.StartObject("source"u8);
            json.Text("bytes"u8, whole.Data);
            json.EndObject();
            json.EndObject();
        }
        else
        {
            json.StartObject("delta"u8);
            json.StartObject("reasoningContent"u8);
            RedactedContent.Write(whole.Text, json);
            json.EndObject();
        }

        EndDelta(output);
    }

    private void WriteWords(JsonText words, PooledBuffer output)
    {
        if (!_canStream || words.IsNullOrEmpty)
        {
            return;
        }

        _hasWords = true;
        JsonWriter json = BeginDelta();
        if (_kind == BlockKind.Thinking)
        {
            json.StartObject("reasoningContent"u8);
            json.Text("text"u8, words);
            json.EndObject();
        }
        else
        {
            json.Text("text"u8, words);
        }

        EndDelta(output);
    }

    private void WriteInput(JsonText fragment, PooledBuffer output)
    {
        if (_canStream && _kind == BlockKind.ToolUse && !fragment.IsNullOrEmpty)
        {
            JsonWriter json = BeginDelta();
            json.StartObject("toolUse"u8);
            json.Text("input"u8, fragment);
            json.EndObject();
            EndDelta(output);
        }
    }

    private void WriteSignature(JsonText signature, PooledBuffer output)
    {
        if (!_canStream || _kind != BlockKind.Thinking)
        {
            _losses.Add(LossField.ToolSignature);
            return;
        }

        // Clients assemble a block to be sent back, in which the text is a required member.
        if (!_hasWords)
        {
            JsonWriter empty = BeginDelta();
            empty.StartObject("reasoningContent"u8);
            empty.Literal("text"u8, default);
            empty.EndObject();
            EndDelta(output);
        }

        JsonWriter json = BeginDelta();
        json.StartObject("reasoningContent"u8);
        json.Text("signature"u8, signature);
        json.EndObject();
        EndDelta(output);
    }

    private void WriteCitation(in Citation citation, PooledBuffer output)
    {
        if (_canStream && _kind is BlockKind.Text or BlockKind.Refusal)
        {
            JsonWriter json = BeginDelta();
            json.Name("citation"u8);
            Citations.Write(citation, json);
            EndDelta(output);
        }
    }

    private void Stop(PooledBuffer output)
    {
        if (_isBegun)
        {
            BeginBlock();
            End("contentBlockStop"u8, output);
        }

        _isBegun = false;
        _canStream = false;
    }

    private void Finish(PooledBuffer output)
    {
        Begin().Literal("stopReason"u8, StopReasons.Word(_stop, _hasTool, _hasRefusal));
        End("messageStop"u8, output);
        JsonWriter json = Begin();
        UsageFields.Write(_usage, json);
        ResponseWriter.WriteMetrics(context.ElapsedMilliseconds(), json);
        ResponseWriter.WriteTier(_tier, json);
        End("metadata"u8, output);
    }

    private JsonWriter Begin()
    {
        _payload.Clear();
        _payload.Write((byte)'{');
        return new JsonWriter(_payload);
    }

    // A block counts from its first event on: one of which nothing is shown leaves no gap.
    private JsonWriter BeginBlock()
    {
        if (!_isBegun)
        {
            _isBegun = true;
            _index++;
        }

        JsonWriter json = Begin();
        json.Number("contentBlockIndex"u8, _index);
        return json;
    }

    private JsonWriter BeginDelta()
    {
        JsonWriter json = BeginBlock();
        json.StartObject("delta"u8);
        return json;
    }

    private void EndDelta(PooledBuffer output)
    {
        _payload.Write((byte)'}');
        End("contentBlockDelta"u8, output);
    }

    private void End(ReadOnlySpan<byte> eventType, PooledBuffer output)
    {
        _payload.Write((byte)'}');
        if (!EventStreamWriter.TryWriteEvent(output, eventType, _payload.Span))
        {
            _losses.Add(LossField.OpaqueBlock);
        }
    }
}

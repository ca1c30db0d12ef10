using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// Writes chunks, as server-sent events or as the elements of one array: words as they come, a call as one part when it is complete, and a last
/// chunk with the finish reason and the token counts. What is the same in all chunks is put together once.
/// </summary>
internal sealed class StreamWriter : IStreamWriter
{
    private readonly StreamContext _context;
    private readonly JsonArrayWriter? _array;
    private readonly PooledBuffer _tail = new(128);
    private readonly PooledBuffer _words = new();
    private readonly PooledBuffer _plain = new(256);
    private readonly IrArena _kept = new();
    private readonly GroundingWriter _grounding = new();
    private BlockKind _block;
    private JsonText _name;
    private JsonText _id;
    private JsonText _signature;
    private bool _isCustomTool;
    private long _textBytes;
    private Usage _usage;
    private StopReason _stop;
    private JsonText _explanation;
    private JsonText _tier;
    private bool _isEnded;
    private Losses _losses;

    /// <summary>A writer for one stream.</summary>
    public StreamWriter(StreamContext context)
    {
        _context = context;
        _array = context.JsonArray ? new JsonArrayWriter() : null;
    }

    /// <inheritdoc/>
    public Losses Losses => _losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        if (_isEnded)
        {
            return;
        }

        switch (streamEvent.Kind)
        {
            case StreamEventKind.MessageStart:
                _usage.Merge(streamEvent.Usage);
                WriteTail(streamEvent.Model);
                break;
            case StreamEventKind.BlockStart:
                Start(streamEvent, output);
                break;
            case StreamEventKind.TextDelta when !streamEvent.Text.IsNullOrEmpty:
                WriteWords(streamEvent.Text, streamEvent.Logprobs, output);
                break;
            case StreamEventKind.InputDelta when _block == BlockKind.ToolUse:
                _words.Write(streamEvent.Text.Span);
                break;
            case StreamEventKind.SignatureDelta:
                Sign(streamEvent.Text, output);
                break;
            case StreamEventKind.CitationDelta:
                if (!_grounding.TryAdd(streamEvent.Citation))
                {
                    _losses.Add(LossField.Citations);
                }

                break;
            case StreamEventKind.BlockStop:
                Stop(output);
                break;
            case StreamEventKind.MessageDelta:
                _usage.Merge(streamEvent.Usage);
                _tier = streamEvent.ServiceTier.IsNullOrEmpty ? _tier : new(streamEvent.ServiceTier.Span.ToArray());
                _stop = streamEvent.StopReason == StopReason.None ? _stop : streamEvent.StopReason;
                _explanation = streamEvent.StopExplanation.IsNullOrEmpty ? _explanation : _kept.StoreText(streamEvent.StopExplanation.Span);
                break;
            case StreamEventKind.MessageStop:
                Finish(output);
                break;
            case StreamEventKind.Ping:
                WriteKeepAlive(output);
                break;
        }
    }

    /// <summary>
    /// The envelope as an event, and once more bare, as the vendor breaks off: @google/genai before 2.0 and @google/generative-ai read past an event
    /// that is an error, and know one by the lack of <c>data:</c>.
    /// </summary>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        if (_isEnded)
        {
            return;
        }

        Begin(output);
        ErrorEnvelope.WriteInStream(error, new JsonWriter(output));
        End(output);
        if (_array is null)
        {
            // No blank line, behind which it would be dropped: what is left at the end is an error to these clients.
            ErrorEnvelope.WriteInStream(error, new JsonWriter(output));
            output.Write((byte)'\n');
        }
        else
        {
            _array.Close(output);
        }

        _isEnded = true;
    }

    /// <summary>
    /// A chunk without words. @google/genai before 2.0 and @google/generative-ai lose the whole answer over a comment, the latter also over a blank
    /// line.
    /// </summary>
    public void WriteKeepAlive(PooledBuffer output)
    {
        if (_array is null && !_isEnded)
        {
            output.Write("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"index\":0}]"u8);
            output.Write(_tail.Length == 0 ? "}"u8 : _tail.Span);
            output.Write("\n\n"u8);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tail.Dispose();
        _words.Dispose();
        _plain.Dispose();
        _kept.Dispose();
        _grounding.Dispose();
    }

    private void WriteTail(JsonText model)
    {
        _tail.Clear();
        _tail.Write(",\"modelVersion\":\""u8);
        _tail.Write(model.IsNullOrEmpty ? _context.Identity.Model.Span : model.Span);
        _tail.Write("\",\"responseId\":"u8);
        new JsonWriter(_tail).String(_context.Identity.Id);
        _tail.Write((byte)'}');
    }

    private void Start(in StreamEvent start, PooledBuffer output)
    {
        _block = start.Block;
        _words.Clear();
        _signature = default;
        if (start.Block == BlockKind.ToolUse)
        {
            _kept.Reset();
            _explanation = default;
            _name = _kept.StoreText(start.Name.Span);
            _id = _kept.StoreText(start.Id.Span);
            _isCustomTool = start.IsCustomTool;
        }
        else if (start.Whole is { } whole)
        {
            _plain.Clear();
            if (PartWriter.Write(whole, true, new JsonWriter(_plain), ref _losses))
            {
                SingleLine.Enforce(_plain, 0);
                BeginPart(output);
                output.Write(_plain.Span);
                EndPart(output);
            }
        }
    }

    private void WriteWords(JsonText text, JsonSlice logprobs, PooledBuffer output)
    {
        BeginPart(output);
        output.Write(_block == BlockKind.Thinking ? "{\"thought\":true,\"text\":\""u8 : "{\"text\":\""u8);
        output.Write(text.Span);
        output.Write("\"}"u8);
        EndPart(output, logprobs);
        if (_block == BlockKind.Text)
        {
            // Kept for the positions of citations, which come after the words.
            _words.Write(text.Span);
        }
    }

    private void Sign(JsonText signature, PooledBuffer output)
    {
        if (_block == BlockKind.ToolUse)
        {
            _signature = _kept.StoreText(signature.Span);
        }
        else
        {
            BeginPart(output);
            PartWriter.Text(JsonText.Empty, _block == BlockKind.Thinking, signature, new JsonWriter(output));
            EndPart(output);
        }
    }

    private void Stop(PooledBuffer output)
    {
        if (_block == BlockKind.ToolUse)
        {
            _plain.Clear();
            JsonEscaping.Unescape(_words.Span, _plain);
            if (_isCustomTool || !JsonSyntax.IsValue(_plain.Span))
            {
                bool isEmpty = _plain.Length == 0;
                _plain.Clear();
                if (!isEmpty)
                {
                    PartWriter.FreeText(new JsonText(_words.Memory), _isCustomTool, new JsonWriter(_plain), ref _losses);
                }
            }

            SingleLine.Enforce(_plain, 0);
            BeginPart(output);
            PartWriter.Call(_name, _id, new JsonSlice(_plain.Memory), _signature, new JsonWriter(output));
            EndPart(output);
        }
        else if (_block == BlockKind.Text)
        {
            var text = new JsonText(_words.Memory);
            _grounding.EndText(text, 0, _textBytes);
            _textBytes += TextOffsets.Length(text, TextUnit.Utf8);
        }
    }

    private void Finish(PooledBuffer output)
    {
        Begin(output);
        output.Write("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"}"u8);
        var json = new JsonWriter(output);
        StopReasons.Write(_stop, json);
        if (!_explanation.IsNullOrEmpty)
        {
            json.Text("finishMessage"u8, _explanation);
        }

        json.Number("index"u8, 0);
        _grounding.Write(json);
        output.Write("}]"u8);
        UsageFields.Write(_usage, _tier, json);
        output.Write(_tail.Span);
        End(output);
        _array?.Close(output);
        _isEnded = true;
    }

    private void BeginPart(PooledBuffer output)
    {
        Begin(output);
        output.Write("{\"candidates\":[{\"content\":{\"parts\":["u8);
    }

    private void EndPart(PooledBuffer output, JsonSlice logprobs = default)
    {
        int start = output.Length;
        output.Write("],\"role\":\"model\"},\"index\":0"u8);
        if (!logprobs.IsAbsent)
        {
            Logprobs.Write(logprobs, new JsonWriter(output));
            SingleLine.Enforce(output, start);
        }

        output.Write("}]"u8);
        output.Write(_tail.Span);
        End(output);
    }

    private void Begin(PooledBuffer output)
    {
        if (_array is null)
        {
            output.Write("data: "u8);
        }
        else
        {
            _array.TryStart(output);
        }
    }

    private void End(PooledBuffer output)
    {
        if (_array is null)
        {
            output.Write("\n\n"u8);
        }
    }
}

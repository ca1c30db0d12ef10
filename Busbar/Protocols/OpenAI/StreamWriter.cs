using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// Writes chunks: role, content, a finish chunk with an empty delta, the usage chunk if the client asked for it, <c>[DONE]</c>. What is the
/// same in all chunks is put together once.
/// </summary>
internal sealed class StreamWriter : IStreamWriter
{
    private readonly StreamContext _context;
    private readonly PooledBuffer _head = new(256);
    private Usage _usage;
    private StopReason _stop;
    private BlockKind _block;
    private bool _isCustom;
    private bool _hasInput;
    private bool _isCallSigned;
    private bool _hasRefusal;
    private int _call = -1;
    private long _blockStart;
    private long _written;
    private JsonText _tier;
    private Losses _losses;

    /// <summary>A writer for one stream.</summary>
    public StreamWriter(StreamContext context) => _context = context;

    /// <inheritdoc/>
    public Losses Losses => _losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        switch (streamEvent.Kind)
        {
            case StreamEventKind.MessageStart:
                _usage.Merge(streamEvent.Usage);
                WriteHead(streamEvent);
                JsonWriter first = Begin(output);
                first.Literal("role"u8, "assistant"u8);
                first.Literal("content"u8, default);
                first.Null("refusal"u8);
                End(output);
                break;
            case StreamEventKind.BlockStart:
                Start(streamEvent, output);
                break;
            case StreamEventKind.TextDelta:
                WriteWords(streamEvent.Text, output, streamEvent.Logprobs);
                break;
            case StreamEventKind.InputDelta when _block == BlockKind.ToolUse && !streamEvent.Text.IsNullOrEmpty:
                WriteInput(streamEvent.Text, output);
                break;
            case StreamEventKind.SignatureDelta:
                WriteSignature(streamEvent, output);
                break;
            case StreamEventKind.CitationDelta:
                WriteCitation(streamEvent.Citation, output);
                break;
            case StreamEventKind.BlockStop when _block == BlockKind.ToolUse && !_hasInput && !_isCustom:
                // Clients parse the joined arguments, and nothing is no JSON.
                WriteInput(NoArguments, output);
                break;
            case StreamEventKind.MessageDelta:
                _usage.Merge(streamEvent.Usage);
                _stop = streamEvent.StopReason == StopReason.None ? _stop : streamEvent.StopReason;
                _tier = streamEvent.ServiceTier.IsNullOrEmpty ? _tier : new(streamEvent.ServiceTier.Span.ToArray());
                Explain(streamEvent.StopExplanation, output);
                break;
            case StreamEventKind.MessageStop:
                Finish(output);
                break;
            case StreamEventKind.Ping:
                WriteKeepAlive(output);
                break;
        }
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        output.Write("data: "u8);
        ErrorEnvelope.Write(error, new JsonWriter(output), inStream: true);
        output.Write("\n\ndata: [DONE]\n\n"u8);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output) => output.Write(": keep-alive\n\n"u8);

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

    private void WriteHead(in StreamEvent start)
    {
        ResponseIdentity identity = _context.Identity;
        _head.Clear();
        _head.Write("data: "u8);
        var head = new JsonWriter(_head);
        head.StartObject();
        head.String("id"u8, identity.Id);
        head.Literal("object"u8, "chat.completion.chunk"u8);
        head.Number("created"u8, start.Created > 0 ? start.Created : identity.Created);
        head.Text("model"u8, start.Model.IsNullOrEmpty ? identity.Model : start.Model);
        head.StartArray("choices"u8);
    }

    private JsonWriter Begin(PooledBuffer output)
    {
        if (_head.Length == 0)
        {
            WriteHead(default);
        }

        output.Write(_head.Span);
        output.Write("{\"index\":0,\"delta\":{"u8);
        return new JsonWriter(output);
    }

    private void End(PooledBuffer output, JsonSlice logprobs = default)
    {
        if (logprobs.IsAbsent)
        {
            output.Write("},\"logprobs\":null"u8);
        }
        else
        {
            int start = output.Length;
            output.Write("},\"logprobs\":{\"refusal\":null,\"content\":"u8);
            output.Write(logprobs.Span);
            output.Write((byte)'}');
            SingleLine.Enforce(output, start);
        }

        output.Write(",\"finish_reason\":null}]"u8);
        Close(output);
    }

    private void Close(PooledBuffer output)
    {
        output.Write(_context.IncludeUsage ? ",\"usage\":null}\n\n"u8 : "}\n\n"u8);
    }

    private void Start(in StreamEvent start, PooledBuffer output)
    {
        _block = start.Block;
        _blockStart = _written;
        if (_block == BlockKind.ToolUse)
        {
            StartCall(start, output);
        }
        else if (start.Whole is { } whole)
        {
            WriteWhole(whole, output);
        }
        else if (_block is not (BlockKind.Text or BlockKind.Thinking or BlockKind.Refusal))
        {
            _losses.Add(LossField.OpaqueBlock);
        }
    }

    private void StartCall(in StreamEvent start, PooledBuffer output)
    {
        _call++;
        _isCustom = start.IsCustomTool;
        _hasInput = false;
        _isCallSigned = !start.Signature.IsNullOrEmpty && start.Origin == ProtocolId.Gemini;
        JsonWriter chunk = Begin(output);
        chunk.StartArray("tool_calls"u8);
        chunk.StartObject();
        chunk.Number("index"u8, _call);
        chunk.Text("id"u8, start.Id);
        ReadOnlySpan<byte> kind = _isCustom ? "custom"u8 : "function"u8;
        chunk.Literal("type"u8, kind);
        chunk.StartObject(kind);
        chunk.Text("name"u8, start.Name);
        chunk.Literal(_isCustom ? "input"u8 : "arguments"u8, default);
        chunk.EndObject();
        ToolCalls.WriteSignature(start.Signature, start.Origin, chunk);
        chunk.EndObject();
        chunk.EndArray();
        End(output);
        if (start.Whole is not { } whole)
        {
            return;
        }

        if (!whole.InputText.IsNullOrEmpty)
        {
            WriteInput(whole.InputText, output);
        }
        else if (!whole.Input.IsNull)
        {
            WriteInput(JsonText.FromUtf8(whole.Input.Span), output);
        }
    }

    private void WriteWhole(Block whole, PooledBuffer output)
    {
        switch (whole.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal:
            case BlockKind.Thinking when !whole.Redacted:
                WriteWords(whole.Text, output);
                break;
            default:
                _losses.Add(PartWriter.Loss(whole));
                break;
        }
    }

    private void WriteWords(JsonText words, PooledBuffer output, JsonSlice logprobs = default)
    {
        if (words.IsNullOrEmpty || _block is not (BlockKind.Text or BlockKind.Thinking or BlockKind.Refusal))
        {
            return;
        }

        _hasRefusal |= _block == BlockKind.Refusal;
        _written += _block == BlockKind.Text ? Annotations.Length(words) : 0;
        JsonWriter chunk = Begin(output);
        chunk.Text(_block switch { BlockKind.Thinking => "reasoning_content"u8, BlockKind.Refusal => "refusal"u8, _ => "content"u8 }, words);
        End(output, logprobs);
    }

    private void WriteInput(JsonText fragment, PooledBuffer output)
    {
        _hasInput = true;
        JsonWriter chunk = Begin(output);
        chunk.StartArray("tool_calls"u8);
        chunk.StartObject();
        chunk.Number("index"u8, _call);
        chunk.StartObject(_isCustom ? "custom"u8 : "function"u8);
        chunk.Text(_isCustom ? "input"u8 : "arguments"u8, fragment);
        chunk.EndObject();
        chunk.EndObject();
        chunk.EndArray();
        End(output);
    }

    private void WriteSignature(in StreamEvent signed, PooledBuffer output)
    {
        if (_block != BlockKind.ToolUse || signed.Origin != ProtocolId.Gemini)
        {
            _losses.Add(_block == BlockKind.ToolUse ? LossField.ToolSignature : LossField.ThinkingSignature);
            return;
        }

        if (_isCallSigned)
        {
            return;
        }

        // Clients refuse a delta that names no function.
        JsonWriter chunk = Begin(output);
        chunk.StartArray("tool_calls"u8);
        chunk.StartObject();
        chunk.Number("index"u8, _call);
        chunk.StartObject(_isCustom ? "custom"u8 : "function"u8);
        chunk.Literal(_isCustom ? "input"u8 : "arguments"u8, default);
        chunk.EndObject();
        ToolCalls.WriteSignature(signed.Text, signed.Origin, chunk);
        chunk.EndObject();
        chunk.EndArray();
        End(output);
    }

    private void WriteCitation(in Citation citation, PooledBuffer output)
    {
        if (citation.Url.IsNullOrEmpty)
        {
            _losses.Add(LossField.Citations);
            return;
        }

        JsonWriter chunk = Begin(output);
        chunk.StartArray("annotations"u8);
        Annotations.TryWrite(citation, _blockStart, _written, chunk);
        chunk.EndArray();
        End(output);
    }

    private void Explain(JsonText explanation, PooledBuffer output)
    {
        if (_stop == StopReason.Refusal && !_hasRefusal && !explanation.IsNullOrEmpty)
        {
            _block = BlockKind.Refusal;
            WriteWords(explanation, output);
        }
    }

    private void Finish(PooledBuffer output)
    {
        JsonWriter chunk = Begin(output);
        chunk.EndObject();
        chunk.Null("logprobs"u8);
        StopReasons.Write(_stop, chunk);
        output.Write("}]"u8);
        ServiceTiers.Write(_tier, chunk);
        Close(output);
        if (_context.IncludeUsage)
        {
            output.Write(_head.Span);
            output.Write((byte)']');
            UsageFields.Write(_usage, chunk);
            output.Write("}\n\n"u8);
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    private static readonly JsonText NoArguments = JsonText.From("{}");
}

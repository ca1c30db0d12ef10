using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Protocols.Translation;
using Busbar.Wire;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// Writes the native events, each with its <c>event:</c> line. Whether words lead to a tool call cannot be known while they pass, so that they are content
/// and never a plan. Content parts, calls and citations are numbered each on their own.
/// </summary>
internal sealed class StreamWriter : IStreamWriter
{
    private readonly StreamContext _context;
    private readonly PooledBuffer _text = new(256);
    private readonly List<Citation> _held = [];
    private IrArena? _arena;
    private Usage _usage;
    private StopReason _stop;
    private JsonText _explanation;
    private BlockKind? _open;
    private bool _hasInput;
    private int _content = -1;
    private int _call = -1;
    private int _citation;
    private int _frame;
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
                WriteStart(output);
                break;
            case StreamEventKind.BlockStart:
                Open(streamEvent, output);
                break;
            case StreamEventKind.TextDelta:
                WriteWords(streamEvent.Text, output);
                break;
            case StreamEventKind.InputDelta:
                WriteInput(streamEvent.Text, output);
                break;
            case StreamEventKind.SignatureDelta:
                _losses.Add(_open == BlockKind.ToolUse ? LossField.ToolSignature : LossField.ThinkingSignature);
                break;
            case StreamEventKind.CitationDelta:
                TakeCitation(streamEvent.Citation, output);
                break;
            case StreamEventKind.BlockStop:
                Close(output);
                break;
            case StreamEventKind.MessageDelta:
                _usage.Merge(streamEvent.Usage);
                _stop = streamEvent.StopReason == StopReason.None ? _stop : streamEvent.StopReason;
                _explanation = streamEvent.StopExplanation.IsNullOrEmpty ? _explanation : new(streamEvent.StopExplanation.Escaped.ToArray());
                break;
            case StreamEventKind.MessageStop:
                WriteEnd(_stop, _explanation, output);
                break;
            case StreamEventKind.Ping:
                WriteKeepAlive(output);
                break;
        }
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        Close(output);
        WriteEnd(StopReason.Error, JsonText.From(ErrorText.Of(error)), output);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output) => output.Write(": keep-alive\n\n"u8);

    /// <inheritdoc/>
    public void Dispose()
    {
        _text.Dispose();
        _arena?.Dispose();
    }

    private void WriteStart(PooledBuffer output)
    {
        _frame = output.Length;
        output.Write("event: message-start\ndata: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        json.String("id"u8, _context.Identity.Id);
        json.Literal("type"u8, "message-start"u8);
        output.Write(",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}\n\n"u8);
    }

    private void Open(in StreamEvent start, PooledBuffer output)
    {
        Block? whole = start.Whole;
        if (start.Block == BlockKind.ToolUse)
        {
            StartCall(start, output);
        }
        else if (start.Block is BlockKind.Text or BlockKind.Refusal || (start.Block == BlockKind.Thinking && whole is not { Redacted: true }))
        {
            _open = start.Block;
            _text.Clear();
            JsonWriter json = Begin("content-start"u8, ++_content, output);
            json.StartObject("content"u8);
            bool isThinking = _open == BlockKind.Thinking;
            json.Literal("type"u8, isThinking ? "thinking"u8 : "text"u8);
            json.Literal(isThinking ? "thinking"u8 : "text"u8, default);
            End(output);
            if (whole is not null)
            {
                WriteWords(whole.Text, output);
                foreach (Citation citation in CollectionsMarshal.AsSpan(whole.Citations))
                {
                    TakeCitation(citation, output);
                }
            }
        }
        else
        {
            _losses.Add(whole is null ? LossField.OpaqueBlock : OpenAI.PartWriter.Loss(whole));
        }
    }

    private void StartCall(in StreamEvent start, PooledBuffer output)
    {
        _open = BlockKind.ToolUse;
        _hasInput = false;
        JsonWriter json = Begin("tool-call-start"u8, ++_call, output);
        json.StartObject("tool_calls"u8);
        json.Text("id"u8, start.Id);
        json.Literal("type"u8, "function"u8);
        json.StartObject("function"u8);
        json.Text("name"u8, start.Name);
        json.Literal("arguments"u8, default);
        json.EndObject();
        End(output);
        if (start.Whole is { } whole)
        {
            WriteInput(whole.InputText.IsNullOrEmpty && !whole.Input.IsNull ? JsonText.FromUtf8(whole.Input.Span) : whole.InputText, output);
        }
    }

    private void WriteWords(JsonText words, PooledBuffer output)
    {
        if (words.IsNullOrEmpty || _open is null or BlockKind.ToolUse)
        {
            return;
        }

        bool isThinking = _open == BlockKind.Thinking;
        if (!isThinking)
        {
            _text.Write(words.Span);
        }

        JsonWriter json = Begin("content-delta"u8, _content, output);
        json.StartObject("content"u8);
        json.Text(isThinking ? "thinking"u8 : "text"u8, words);
        End(output);
    }

    private void WriteInput(JsonText fragment, PooledBuffer output)
    {
        if (_open != BlockKind.ToolUse || fragment.IsNullOrEmpty)
        {
            return;
        }

        _hasInput = true;
        JsonWriter json = Begin("tool-call-delta"u8, _call, output);
        json.StartObject("tool_calls"u8);
        json.StartObject("function"u8);
        json.Text("arguments"u8, fragment);
        json.EndObject();
        End(output);
    }

    // A citation that does not say which words it belongs to belongs to the whole block, whose end is not known yet.
    private void TakeCitation(in Citation citation, PooledBuffer output)
    {
        if (_open is not (BlockKind.Text or BlockKind.Refusal))
        {
            _losses.Add(LossField.Citations);
        }
        else if (Citations.IsPlaced(citation))
        {
            WriteCitations(new ReadOnlySpan<Citation>(in citation), output);
        }
        else
        {
            _held.Add(HeldBlocks.Copy(citation, _arena ??= new IrArena()));
        }
    }

    private void WriteCitations(ReadOnlySpan<Citation> citations, PooledBuffer output)
    {
        JsonWriter json = Begin("citation-start"u8, _citation, output);
        json.Name("citations"u8);
        Citations.Write(citations, new JsonText(_text.Memory), _content, json);
        output.Write("}}}\n\n"u8);
        Conceal(output);
        WriteIndexed("citation-end"u8, _citation++, output);
    }

    private void Close(PooledBuffer output)
    {
        if (_open == BlockKind.ToolUse)
        {
            if (!_hasInput)
            {
                // Clients parse the joined arguments, and nothing is no JSON.
                WriteInput(NoArguments, output);
            }

            WriteIndexed("tool-call-end"u8, _call, output);
        }
        else if (_open is not null)
        {
            if (_held.Count > 0)
            {
                WriteCitations(CollectionsMarshal.AsSpan(_held), output);
                _held.Clear();
                _arena?.Reset();
            }

            WriteIndexed("content-end"u8, _content, output);
        }

        _open = null;
    }

    private void WriteEnd(StopReason reason, JsonText words, PooledBuffer output)
    {
        JsonWriter json = Begin("message-end"u8, output);
        json.StartObject("delta"u8);
        StopReasons.Write(reason, json);
        UsageFields.Write(_usage, json);
        json.TextIfPresent("error"u8, words);
        output.Write("}}\n\n"u8);
        Conceal(output);
    }

    private void WriteIndexed(ReadOnlySpan<byte> type, int index, PooledBuffer output)
    {
        Begin(type, output).Number("index"u8, index);
        output.Write("}\n\n"u8);
    }

    private JsonWriter Begin(ReadOnlySpan<byte> type, PooledBuffer output)
    {
        _frame = output.Length;
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        json.Literal("type"u8, type);
        return json;
    }

    private JsonWriter Begin(ReadOnlySpan<byte> type, int index, PooledBuffer output)
    {
        JsonWriter json = Begin(type, output);
        json.Number("index"u8, index);
        json.StartObject("delta"u8);
        json.StartObject("message"u8);
        return json;
    }

    // Closes the object inside the message, and the three around it.
    private void End(PooledBuffer output)
    {
        output.Write("}}}}\n\n"u8);
        Conceal(output);
    }

    // The vendor's client takes any line with this text for the end of the stream. It can only stand inside a string, where a bracket may be an escape.
    private void Conceal(PooledBuffer output)
    {
        ReadOnlySpan<byte> done = "[DONE]"u8;
        if (output.Span[_frame..].IndexOf(done) < 0)
        {
            return;
        }

        byte[] frame = output.Span[_frame..].ToArray();
        output.Truncate(_frame);
        ReadOnlySpan<byte> rest = frame;
        for (int at = rest.IndexOf(done); at >= 0; at = rest.IndexOf(done))
        {
            output.Write(rest[..at]);
            output.Write("\\u005b"u8);
            rest = rest[(at + 1)..];
        }

        output.Write(rest);
    }

    private static readonly JsonText NoArguments = JsonText.From("{}");
}

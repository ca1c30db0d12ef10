using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Cohere.Content;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// Writes the native events, each with its <c>event:</c> line. Whether words lead to a tool call cannot be known while they pass, so that they are
/// content and never a plan. Content parts, calls and citations are numbered each on their own.
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
    private bool _hasWords;
    private int _content = -1;
    private int _call = -1;
    private int _citation;
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
                Explain(output);
                WriteEnd(_stop, default, output);
                break;
            case StreamEventKind.Ping:
                WriteKeepAlive(output);
                break;
        }
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        // A call that was cut off must not look like a complete one without arguments.
        _hasInput = true;
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
        EventFrame frame = EventFrame.Begin("message-start"u8, output);
        frame.Json.String("id"u8, _context.Identity.Id);
        output.Write(",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}"u8);
        frame.End();
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
            EventFrame frame = EventFrame.BeginDelta("content-start"u8, ++_content, output);
            JsonWriter json = frame.Json;
            json.StartObject("content"u8);
            bool isThinking = _open == BlockKind.Thinking;
            json.Literal("type"u8, isThinking ? "thinking"u8 : "text"u8);
            json.Literal(isThinking ? "thinking"u8 : "text"u8, default);
            json.EndObject();
            frame.EndDelta();
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
            _losses.Add(whole is null ? LossField.OpaqueBlock : OpenAI.Content.PartWriter.Loss(whole));
        }
    }

    private void StartCall(in StreamEvent start, PooledBuffer output)
    {
        _open = BlockKind.ToolUse;
        _hasInput = false;
        EventFrame frame = EventFrame.BeginDelta("tool-call-start"u8, ++_call, output);
        JsonWriter json = frame.Json;
        json.StartObject("tool_calls"u8);
        json.Text("id"u8, start.Id);
        json.Literal("type"u8, "function"u8);
        json.StartObject("function"u8);
        json.Text("name"u8, start.Name);
        json.Literal("arguments"u8, default);
        json.EndObject();
        json.EndObject();
        frame.EndDelta();
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
            _hasWords = true;
            _text.Write(words.Span);
        }

        EventFrame frame = EventFrame.BeginDelta("content-delta"u8, _content, output);
        JsonWriter json = frame.Json;
        json.StartObject("content"u8);
        json.Text(isThinking ? "thinking"u8 : "text"u8, words);
        json.EndObject();
        frame.EndDelta();
    }

    private void WriteInput(JsonText fragment, PooledBuffer output)
    {
        if (_open != BlockKind.ToolUse || fragment.IsNullOrEmpty)
        {
            return;
        }

        _hasInput = true;
        EventFrame frame = EventFrame.BeginDelta("tool-call-delta"u8, _call, output);
        JsonWriter json = frame.Json;
        json.StartObject("tool_calls"u8);
        json.StartObject("function"u8);
        json.Text("arguments"u8, fragment);
        json.EndObject();
        json.EndObject();
        frame.EndDelta();
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
        EventFrame frame = EventFrame.BeginDelta("citation-start"u8, _citation, output);
        JsonWriter json = frame.Json;
        json.Name("citations"u8);
        Citations.Write(citations, new JsonText(_text.Memory), _content, json);
        frame.EndDelta();
        EventFrame.WriteIndexed("citation-end"u8, _citation++, output);
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

            EventFrame.WriteIndexed("tool-call-end"u8, _call, output);
        }
        else if (_open is not null)
        {
            if (_held.Count > 0)
            {
                WriteCitations(CollectionsMarshal.AsSpan(_held), output);
                _held.Clear();
                _arena?.Reset();
            }

            EventFrame.WriteIndexed("content-end"u8, _content, output);
        }

        _open = null;
    }

    // As in a whole answer: the reason of a refusal has no field of its own and stands where the words would.
    private void Explain(PooledBuffer output)
    {
        if (_explanation.IsNullOrEmpty)
        {
            return;
        }

        if (_hasWords || _call >= 0 || !ResponseWriter.IsExplained(_stop, _explanation))
        {
            _losses.Add(LossField.StopDetails);
            return;
        }

        Open(new StreamEvent { Kind = StreamEventKind.BlockStart, Block = BlockKind.Text }, output);
        WriteWords(_explanation, output);
        Close(output);
    }

    private void WriteEnd(StopReason reason, JsonText words, PooledBuffer output)
    {
        EventFrame frame = EventFrame.Begin("message-end"u8, output);
        JsonWriter json = frame.Json;
        json.StartObject("delta"u8);
        StopReasons.Write(reason, json);
        UsageFields.Write(_usage, json);
        json.TextIfPresent("error"u8, words);
        json.EndObject();
        frame.End();
    }

    private static readonly JsonText NoArguments = JsonText.From("{}");
}

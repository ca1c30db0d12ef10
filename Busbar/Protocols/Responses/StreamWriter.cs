using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Responses.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>
/// Writes a response stream. The official accumulators throw on every break of these rules: one response id from first to last event; an item
/// is added before anything else is said of it, under an id and output index of its own that all its events repeat; a part is added before its
/// deltas, in rising order; an item that is done keeps its id; the terminal repeats what was done.
/// </summary>
internal sealed class StreamWriter : IStreamWriter
{
    private readonly EventFrames _frames = new();
    private readonly AssembledOutput _assembled = new();
    private readonly MessageItem _message;
    private ResponseObject _response;
    private BlockKind _open = BlockKind.Opaque;
    private bool _refused;
    private StopReason _stop;
    private Usage _usage;
    private JsonText _explanation;
    private JsonText _tier;
    private Losses _losses;

    /// <summary>A writer for one answer.</summary>
    public StreamWriter(StreamContext context)
    {
        _message = new(_frames, _assembled);
        _response = new ResponseObject(JsonText.From(context.Identity.Id), context.Identity.Created, context.Identity.Model);
    }

    /// <inheritdoc/>
    public Losses Losses => _losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        _frames.Output = output;
        switch (streamEvent.Kind)
        {
            case StreamEventKind.MessageStart:
                Start(streamEvent.Model);
                _usage.Merge(streamEvent.Usage);
                break;
            case StreamEventKind.BlockStart:
                StartBlock(streamEvent);
                break;
            case StreamEventKind.TextDelta:
                WriteWords(streamEvent.Text, streamEvent.Logprobs);
                break;
            case StreamEventKind.InputDelta:
                WriteArguments(streamEvent.Text);
                break;
            case StreamEventKind.SignatureDelta:
                Sign(streamEvent);
                break;
            case StreamEventKind.CitationDelta:
                if (_open == BlockKind.Text)
                {
                    _message.Cite(streamEvent.Citation, ref _losses);
                }

                break;
            case StreamEventKind.BlockStop:
                StopBlock();
                break;
            case StreamEventKind.MessageDelta:
                Learn(streamEvent);
                break;
            case StreamEventKind.MessageStop:
                Finish();
                break;
        }
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        _frames.Output = output;
        if (_frames.IsUnused)
        {
            Start(default);
        }

        JsonWriter json = _frames.Begin("response.failed"u8);
        json.Name("response"u8);
        _response.WriteFailedHead(json, ErrorCodes.Of(error), error.Message ?? OpenAI.ErrorEnvelope.Message(error.Kind));
        WriteOutput(json);
        ResponseObject.WriteTail(json, _usage.IsReported ? _usage : null, default);
        _frames.End(json);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output) => output.Write(": keep-alive\n\n"u8);

    /// <inheritdoc/>
    public void Dispose() => _assembled.Dispose();

    private void Start(JsonText model)
    {
        if (!model.IsNullOrEmpty)
        {
            _response = _response with { Model = new JsonText(model.Span.ToArray()) };
        }

        WriteLifecycle("response.created"u8);
        WriteLifecycle("response.in_progress"u8);
    }

    private void WriteLifecycle(ReadOnlySpan<byte> type)
    {
        JsonWriter json = _frames.Begin(type);
        json.Name("response"u8);
        _response.WriteHead(json, stop: null);
        json.Raw("output"u8, "[]"u8);
        ResponseObject.WriteTail(json, usage: null, default);
        _frames.End(json);
    }

    private void StartBlock(in StreamEvent start)
    {
        _open = start.Block;
        switch (start.Block)
        {
            case BlockKind.Text or BlockKind.Refusal:
                _refused |= start.Block == BlockKind.Refusal;
                _message.StartPart(start.Block);
                break;
            case BlockKind.Thinking:
                _message.Close(_stop);
                _frames.ItemId = ResponsesProtocol.NewItemId("rs_");
                _assembled.StartItem();
                AddItem();
                if (start.Whole is { } thought)
                {
                    WriteWhole(thought);
                }

                break;
            case BlockKind.ToolUse:
                _message.Close(_stop);
                _frames.ItemId = ResponsesProtocol.NewItemId(TypedCalls.IdPrefix(start.Form));
                _assembled.StartCall(start);
                if (!IsTypedCall)
                {
                    AddItem();
                }

                break;
            case BlockKind.Summary when start.Whole is { } summary:
                _message.Close(_stop);
                WriteSummary(summary);
                break;
            case BlockKind.Image when start.Whole is { Source: MediaSource.Base64 } image:
                _message.Close(_stop);
                WriteImage(image);
                break;
            default:
                _open = BlockKind.Opaque;
                _losses.Add(BlockLoss.Of(start.Block));
                break;
        }
    }

    private void WriteWhole(Block thought)
    {
        if (!thought.Redacted && !thought.Text.IsNullOrEmpty)
        {
            WriteWords(thought.Text, default);
        }

        JsonText signature = thought.Redacted && thought.Signature.IsNullOrEmpty ? thought.Text : thought.Signature;
        if (OutputItems.CanCarry(signature, thought.Origin, ref _losses))
        {
            _assembled.Sign(signature);
        }
    }

    private void WriteWords(JsonText words, JsonSlice logprobs)
    {
        if (words.IsNullOrEmpty)
        {
            return;
        }

        switch (_open)
        {
            case BlockKind.Text or BlockKind.Refusal:
                _message.WriteWords(_open, words, logprobs);
                break;
            case BlockKind.Thinking:
                if (_assembled.Words.Length == 0)
                {
                    JsonWriter added = _frames.BeginSummary("response.reasoning_summary_part.added"u8);
                    added.Name("part"u8);
                    OutputItems.WriteSummaryPart(JsonText.Empty, added);
                    _frames.End(added);
                }

                JsonWriter thought = _frames.BeginSummary("response.reasoning_summary_text.delta"u8);
                thought.Text("delta"u8, words);
                _frames.End(thought);
                break;
            default:
                return;
        }

        _assembled.AddWords(words);
    }

    private void WriteArguments(JsonText fragment)
    {
        if (fragment.IsNullOrEmpty || _open != BlockKind.ToolUse)
        {
            return;
        }

        if (IsTypedCall)
        {
            _assembled.AddWords(fragment);
            return;
        }

        JsonWriter json = _frames.BeginOfItem(_assembled.IsCustomCall ? "response.custom_tool_call_input.delta"u8
            : "response.function_call_arguments.delta"u8);
        json.Text("delta"u8, fragment);
        _frames.End(json);
        _assembled.AddWords(fragment);
    }

    private void Sign(in StreamEvent signed)
    {
        if (_open != BlockKind.Thinking)
        {
            _losses.Add(_open == BlockKind.ToolUse ? LossField.ToolSignature : LossField.ThinkingSignature);
        }
        else if (OutputItems.CanCarry(signed.Text, signed.Origin, ref _losses))
        {
            _assembled.Sign(signed.Text);
        }
    }

    private void StopBlock()
    {
        switch (_open)
        {
            case BlockKind.Text or BlockKind.Refusal:
                _message.StopPart(_open);
                break;
            case BlockKind.Thinking:
                StopThinking();
                break;
            case BlockKind.ToolUse:
                StopCall();
                break;
        }

        _open = BlockKind.Opaque;
    }

    private void StopThinking()
    {
        if (_assembled.Words.Length > 0)
        {
            JsonWriter text = _frames.BeginSummary("response.reasoning_summary_text.done"u8);
            text.Text("text"u8, _assembled.WordsText);
            _frames.End(text);
            JsonWriter part = _frames.BeginSummary("response.reasoning_summary_part.done"u8);
            part.Name("part"u8);
            OutputItems.WriteSummaryPart(_assembled.WordsText, part);
            _frames.End(part);
        }

        CloseItem();
    }

    private void StopCall()
    {
        if (_assembled is { IsCustomCall: false, Words.Length: 0 })
        {
            // No arguments at all would not parse as JSON.
            WriteArguments(AssembledOutput.NoArguments);
        }

        if (IsTypedCall)
        {
            AddItem();
            CloseItem();
            return;
        }

        bool custom = _assembled.IsCustomCall;
        JsonWriter json = _frames.BeginOfItem(custom ? "response.custom_tool_call_input.done"u8 : "response.function_call_arguments.done"u8);
        json.Text(custom ? "input"u8 : "arguments"u8, _assembled.WordsText);
        if (!custom)
        {
            json.Text("name"u8, _assembled.CallName);
        }

        _frames.End(json);
        CloseItem();
    }

    private bool IsTypedCall => _assembled.CallForm > ToolForm.Custom;

    private void WriteSummary(Block summary)
    {
        _open = BlockKind.Opaque;
        _frames.ItemId = ResponsesProtocol.NewItemId("cmp_");
        using var item = new PooledBuffer(summary.Text.Escaped.Length * 2 + 128);
        OutputItems.WriteSummaryItem(summary.Text, _frames.ItemId, new JsonWriter(item));
        foreach (bool done in (ReadOnlySpan<bool>)[false, true])
        {
            JsonWriter json = _frames.BeginItem(done ? "response.output_item.done"u8 : "response.output_item.added"u8);
            json.Raw("item"u8, item.Span);
            _frames.End(json);
        }

        new JsonWriter(_assembled.Items).Raw(item.Span);
        _frames.OutputIndex++;
    }

    private void WriteImage(Block image)
    {
        _open = BlockKind.Opaque;
        _frames.ItemId = ResponsesProtocol.NewItemId("ig_");
        foreach (bool done in (ReadOnlySpan<bool>)[false, true])
        {
            JsonWriter json = _frames.BeginItem(done ? "response.output_item.done"u8 : "response.output_item.added"u8);
            json.StartObject("item"u8);
            OutputItems.WriteImageMembers(image, _frames.ItemId, json);
            json.EndObject();
            _frames.End(json);
        }

        if (_assembled.HasRoom)
        {
            var json = new JsonWriter(_assembled.Items);
            json.StartObject();
            OutputItems.WriteImageMembers(image, _frames.ItemId, json);
            json.EndObject();
        }

        _frames.OutputIndex++;
    }

    private void Learn(in StreamEvent delta)
    {
        _usage.Merge(delta.Usage);
        _stop = delta.StopReason == StopReason.None ? _stop : delta.StopReason;
        if (!delta.ServiceTier.IsNullOrEmpty)
        {
            _tier = new JsonText(delta.ServiceTier.Span.ToArray());
        }

        if (!delta.StopExplanation.IsNullOrEmpty)
        {
            _explanation = new JsonText(delta.StopExplanation.Span.ToArray());
        }
    }

    private void Finish()
    {
        _stop = StopReasons.Shown(_stop, _refused || !_explanation.IsNullOrEmpty);
        if (_stop == StopReason.Refusal && !_refused)
        {
            _open = BlockKind.Refusal;
            _message.StartPart(BlockKind.Refusal);
            WriteWords(_explanation, default);
            StopBlock();
        }

        _message.Close(_stop);
        JsonWriter json = _frames.Begin(StopReasons.Event(_stop));
        json.Name("response"u8);
        _response.WriteHead(json, _stop);
        WriteOutput(json);
        ResponseObject.WriteTail(json, _usage, _tier);
        _frames.End(json);
    }

    private void WriteOutput(JsonWriter json)
    {
        json.StartArray("output"u8);
        json.Output.Write(_assembled.Items.Span);
        json.EndArray();
    }

    private void AddItem()
    {
        WriteItem("response.output_item.added"u8, done: false);
    }

    private void WriteItem(ReadOnlySpan<byte> type, bool done)
    {
        JsonWriter json = _frames.BeginItem(type);
        json.Name("item"u8);
        int start = json.Output.Length;
        _assembled.WriteItem(json, _frames.ItemId, _open, done);
        SingleLine.Enforce(json.Output, start);
        _frames.End(json);
    }

    private void CloseItem()
    {
        WriteItem("response.output_item.done"u8, done: true);
        if (_assembled.HasRoom)
        {
            _assembled.WriteItem(new JsonWriter(_assembled.Items), _frames.ItemId, _open, done: true);
        }

        _frames.OutputIndex++;
    }
}

using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>
/// Writes a response stream. The official accumulators throw on every break of these rules: one response id from first to last event; an item
/// is added before anything else is said of it, under an id and output index of its own that all its events repeat; a part is added before its
/// deltas, in rising order; an item that is done keeps its id; the terminal repeats what was done.
/// </summary>
internal sealed class StreamWriter : IStreamWriter
{
    private readonly StreamContext _context;
    private readonly AssembledOutput _assembled = new();
    private ResponseObject _response;
    private PooledBuffer _output = null!;
    private long _sequence;
    private int _outputIndex;
    private int _partIndex;
    private JsonText _itemId;
    private BlockKind _open = BlockKind.Opaque;
    private bool _messageOpen;
    private bool _refused;
    private StopReason _stop;
    private Usage _usage;
    private JsonText _explanation;
    private Losses _losses;

    /// <summary>A writer for one answer.</summary>
    public StreamWriter(StreamContext context)
    {
        _context = context;
        _response = new ResponseObject(JsonText.From(context.Identity.Id), context.Identity.Created, context.Identity.Model);
    }

    /// <inheritdoc/>
    public Losses Losses => _losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        _output = output;
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
                WriteWords(streamEvent.Text);
                break;
            case StreamEventKind.InputDelta:
                WriteArguments(streamEvent.Text);
                break;
            case StreamEventKind.SignatureDelta:
                Sign(streamEvent);
                break;
            case StreamEventKind.CitationDelta:
                Cite(streamEvent.Citation);
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
        _output = output;
        if (_sequence == 0)
        {
            Start(default);
        }

        JsonWriter json = Begin("response.failed"u8);
        json.Name("response"u8);
        _response.WriteFailedHead(json, ErrorCodes.Of(error), error.Message ?? OpenAI.ErrorEnvelope.Message(error.Kind));
        WriteOutput(json);
        ResponseObject.WriteTail(json, _usage.IsReported ? _usage : null, default);
        End(json);
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
        JsonWriter json = Begin(type);
        json.Name("response"u8);
        _response.WriteHead(json, stop: null);
        json.Raw("output"u8, "[]"u8);
        ResponseObject.WriteTail(json, usage: null, default);
        End(json);
    }

    private void StartBlock(in StreamEvent start)
    {
        _open = start.Block;
        switch (start.Block)
        {
            case BlockKind.Text or BlockKind.Refusal:
                StartPart(start.Block);
                break;
            case BlockKind.Thinking:
                CloseMessage();
                _itemId = ResponsesProtocol.NewItemId("rs_");
                _assembled.StartItem();
                AddItem();
                if (start.Whole is { } thought)
                {
                    WriteWhole(thought);
                }

                break;
            case BlockKind.ToolUse:
                CloseMessage();
                _itemId = ResponsesProtocol.NewItemId(start.IsCustomTool ? "ctc_" : "fc_");
                _assembled.StartCall(start.Id, start.Name, start.IsCustomTool);
                AddItem();
                break;
            case BlockKind.Image when start.Whole is { Source: MediaSource.Base64 } image:
                CloseMessage();
                WriteImage(image);
                break;
            default:
                _open = BlockKind.Opaque;
                OutputItems.NoteLost(start.Block, ref _losses);
                break;
        }
    }

    // Opens a part, and a message item around it unless one is open.
    private void StartPart(BlockKind kind)
    {
        _assembled.Words.Clear();
        _assembled.Annotations.Clear();
        _refused |= kind == BlockKind.Refusal;
        if (!_messageOpen)
        {
            _messageOpen = true;
            _partIndex = 0;
            _itemId = ResponsesProtocol.NewItemId("msg_");
            _assembled.Parts.Clear();
            JsonWriter added = BeginItem("response.output_item.added"u8);
            WriteMessage(added, "in_progress"u8, []);
            End(added);
        }

        JsonWriter json = BeginPart("response.content_part.added"u8);
        WritePart(json, kind);
        End(json);
    }

    private void WriteWhole(Block thought)
    {
        if (!thought.Redacted && !thought.Text.IsNullOrEmpty)
        {
            WriteWords(thought.Text);
        }

        JsonText signature = thought.Redacted && thought.Signature.IsNullOrEmpty ? thought.Text : thought.Signature;
        if (OutputItems.CanCarry(signature, thought.Origin, ref _losses))
        {
            _assembled.Sign(signature);
        }
    }

    private void WriteWords(JsonText words)
    {
        if (words.IsNullOrEmpty)
        {
            return;
        }

        switch (_open)
        {
            case BlockKind.Text:
                JsonWriter text = BeginPart("response.output_text.delta"u8);
                text.Text("delta"u8, words);
                text.Raw("logprobs"u8, "[]"u8);
                End(text);
                break;
            case BlockKind.Refusal:
                JsonWriter refusal = BeginPart("response.refusal.delta"u8);
                refusal.Text("delta"u8, words);
                End(refusal);
                break;
            case BlockKind.Thinking:
                if (_assembled.Words.Length == 0)
                {
                    JsonWriter added = BeginSummary("response.reasoning_summary_part.added"u8);
                    added.Name("part"u8);
                    OutputItems.WriteSummaryPart(JsonText.Empty, added);
                    End(added);
                }

                JsonWriter thought = BeginSummary("response.reasoning_summary_text.delta"u8);
                thought.Text("delta"u8, words);
                End(thought);
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

        JsonWriter json = BeginOfItem(_assembled.IsCustomCall ? "response.custom_tool_call_input.delta"u8 : "response.function_call_arguments.delta"u8);
        json.Text("delta"u8, fragment);
        End(json);
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

    private void Cite(in Citation citation)
    {
        if (_open != BlockKind.Text)
        {
            return;
        }

        int start = _assembled.Annotations.Length;
        if (!Annotations.TryWrite(citation, new JsonText(_assembled.Words.Memory), new JsonWriter(_assembled.Annotations), ref _losses))
        {
            return;
        }

        ReadOnlySpan<byte> written = _assembled.Annotations.Span[start..];
        JsonWriter json = BeginPart("response.output_text.annotation.added"u8);
        json.Number("annotation_index"u8, _assembled.AnnotationCount++);
        json.Raw("annotation"u8, start > 0 ? written[1..] : written);
        End(json);
    }

    private void StopBlock()
    {
        switch (_open)
        {
            case BlockKind.Text or BlockKind.Refusal:
                StopPart();
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

    private void StopPart()
    {
        bool refusal = _open == BlockKind.Refusal;
        JsonText words = _assembled.WordsText;
        JsonWriter done = BeginPart(refusal ? "response.refusal.done"u8 : "response.output_text.done"u8);
        done.Text(refusal ? "refusal"u8 : "text"u8, words);
        if (!refusal)
        {
            done.Raw("logprobs"u8, "[]"u8);
        }

        End(done);
        JsonWriter part = BeginPart("response.content_part.done"u8);
        WritePart(part, _open);
        End(part);
        if (_assembled.HasRoom)
        {
            var parts = new JsonWriter(_assembled.Parts);
            WritePartValue(parts, _open);
        }

        _assembled.AnnotationCount = 0;
        _partIndex++;
    }

    private void StopThinking()
    {
        if (_assembled.Words.Length > 0)
        {
            JsonWriter text = BeginSummary("response.reasoning_summary_text.done"u8);
            text.Text("text"u8, _assembled.WordsText);
            End(text);
            JsonWriter part = BeginSummary("response.reasoning_summary_part.done"u8);
            part.Name("part"u8);
            OutputItems.WriteSummaryPart(_assembled.WordsText, part);
            End(part);
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

        bool custom = _assembled.IsCustomCall;
        JsonWriter json = BeginOfItem(custom ? "response.custom_tool_call_input.done"u8 : "response.function_call_arguments.done"u8);
        json.Text(custom ? "input"u8 : "arguments"u8, _assembled.WordsText);
        if (!custom)
        {
            json.Text("name"u8, _assembled.CallName);
        }

        End(json);
        CloseItem();
    }

    private void WriteImage(Block image)
    {
        _open = BlockKind.Opaque;
        _itemId = ResponsesProtocol.NewItemId("ig_");
        foreach (bool done in (ReadOnlySpan<bool>)[false, true])
        {
            JsonWriter json = BeginItem(done ? "response.output_item.done"u8 : "response.output_item.added"u8);
            json.StartObject("item"u8);
            OutputItems.WriteImageMembers(image, _itemId, json);
            json.EndObject();
            End(json);
        }

        if (_assembled.HasRoom)
        {
            var json = new JsonWriter(_assembled.Items);
            json.StartObject();
            OutputItems.WriteImageMembers(image, _itemId, json);
            json.EndObject();
        }

        _outputIndex++;
    }

    private void Learn(in StreamEvent delta)
    {
        _usage.Merge(delta.Usage);
        _stop = delta.StopReason == StopReason.None ? _stop : delta.StopReason;
        if (!delta.StopExplanation.IsNullOrEmpty)
        {
            _explanation = new JsonText(delta.StopExplanation.Span.ToArray());
        }
    }

    private void Finish()
    {
        if (_stop == StopReason.Refusal && !_refused)
        {
            _open = BlockKind.Refusal;
            StartPart(BlockKind.Refusal);
            WriteWords(_explanation.IsNullOrEmpty ? ResponseWriter.RefusalWords : _explanation);
            StopBlock();
        }

        CloseMessage();
        JsonWriter json = Begin(StopReasons.Event(_stop));
        json.Name("response"u8);
        _response.WriteHead(json, _stop);
        WriteOutput(json);
        ResponseObject.WriteTail(json, _usage, default);
        End(json);
    }

    private void WriteOutput(JsonWriter json)
    {
        json.StartArray("output"u8);
        _output.Write(_assembled.Items.Span);
        json.EndArray();
    }

    private void CloseMessage()
    {
        if (!_messageOpen)
        {
            return;
        }

        _messageOpen = false;
        ReadOnlySpan<byte> status = _stop is StopReason.MaxTokens or StopReason.Safety ? "incomplete"u8 : "completed"u8;
        JsonWriter json = BeginItem("response.output_item.done"u8);
        WriteMessage(json, status, _assembled.Parts.Span);
        End(json);
        if (_assembled.HasRoom)
        {
            WriteMessageValue(new JsonWriter(_assembled.Items), status, _assembled.Parts.Span);
        }

        _outputIndex++;
    }

    private void AddItem()
    {
        JsonWriter json = BeginItem("response.output_item.added"u8);
        json.Name("item"u8);
        WriteItemValue(json, done: false);
        End(json);
    }

    private void CloseItem()
    {
        JsonWriter json = BeginItem("response.output_item.done"u8);
        json.Name("item"u8);
        WriteItemValue(json, done: true);
        End(json);
        if (_assembled.HasRoom)
        {
            WriteItemValue(new JsonWriter(_assembled.Items), done: true);
        }

        _outputIndex++;
    }

    private void WriteItemValue(JsonWriter json, bool done)
    {
        json.StartObject();
        json.Text("id"u8, _itemId);
        if (_open == BlockKind.Thinking)
        {
            json.Literal("type"u8, "reasoning"u8);
            OutputItems.WriteSummary(done ? _assembled.WordsText : default, json);
            if (done && _assembled.Signature.Length > 0)
            {
                json.Text("encrypted_content"u8, new JsonText(_assembled.Signature.Memory));
            }
        }
        else
        {
            json.Literal("type"u8, _assembled.IsCustomCall ? "custom_tool_call"u8 : "function_call"u8);
            json.Text("call_id"u8, _assembled.CallId);
            json.Text("name"u8, _assembled.CallName);
            json.Text(_assembled.IsCustomCall ? "input"u8 : "arguments"u8, done ? _assembled.WordsText : JsonText.Empty);
            json.Literal("status"u8, done ? "completed"u8 : "in_progress"u8);
        }

        json.EndObject();
    }

    private void WriteMessage(JsonWriter json, ReadOnlySpan<byte> status, ReadOnlySpan<byte> parts)
    {
        json.Name("item"u8);
        WriteMessageValue(json, status, parts);
    }

    private void WriteMessageValue(JsonWriter json, ReadOnlySpan<byte> status, ReadOnlySpan<byte> parts)
    {
        json.StartObject();
        json.Text("id"u8, _itemId);
        json.Literal("type"u8, "message"u8);
        json.Literal("status"u8, status);
        json.Literal("role"u8, "assistant"u8);
        json.StartArray("content"u8);
        json.Output.Write(parts);
        json.EndArray();
        json.EndObject();
    }

    private void WritePart(JsonWriter json, BlockKind kind)
    {
        json.Name("part"u8);
        WritePartValue(json, kind);
    }

    private void WritePartValue(JsonWriter json, BlockKind kind)
    {
        if (kind == BlockKind.Refusal)
        {
            OutputItems.WriteRefusalPart(_assembled.WordsText, json);
        }
        else
        {
            OutputItems.WriteTextPart(_assembled.WordsText, _assembled.Annotations.Span, json);
        }
    }

    private JsonWriter Begin(ReadOnlySpan<byte> type)
    {
        _output.Write("event: "u8);
        _output.Write(type);
        _output.Write("\ndata: "u8);
        var json = new JsonWriter(_output);
        json.StartObject();
        json.Literal("type"u8, type);
        json.Number("sequence_number"u8, _sequence++);
        return json;
    }

    private JsonWriter BeginItem(ReadOnlySpan<byte> type)
    {
        JsonWriter json = Begin(type);
        json.Number("output_index"u8, _outputIndex);
        return json;
    }

    private JsonWriter BeginOfItem(ReadOnlySpan<byte> type)
    {
        JsonWriter json = BeginItem(type);
        json.Text("item_id"u8, _itemId);
        return json;
    }

    private JsonWriter BeginPart(ReadOnlySpan<byte> type)
    {
        JsonWriter json = BeginOfItem(type);
        json.Number("content_index"u8, _partIndex);
        return json;
    }

    private JsonWriter BeginSummary(ReadOnlySpan<byte> type)
    {
        JsonWriter json = BeginOfItem(type);
        json.Number("summary_index"u8, 0);
        return json;
    }

    private void End(JsonWriter json)
    {
        json.EndObject();
        _output.Write("\n\n"u8);
    }
}

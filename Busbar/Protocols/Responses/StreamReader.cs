using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>
/// Reads a response stream. Deltas are passed on as they come; what an item's end or the terminal event holds beyond them is passed on there,
/// so that servers which leave out deltas, parts or whole items lose nothing.
/// </summary>
internal sealed partial class StreamReader : IStreamReader
{
    private readonly IrArena _arena = new();
    private readonly StreamItems _items = new();
    private bool _started;
    private bool _ended;
    private bool _called;
    private bool _refused;

    /// <inheritdoc/>
    public void Read(in Frame frame, StreamEvents events)
    {
        _arena.Reset();
        JsonTape tape = JsonTape.Shared;
        if (_ended || frame.Data.IsEmpty || !tape.TryParse(frame.Data))
        {
            return;
        }

        JsonNode root = tape.Root;
        JsonText type = root["type"u8].Text;
        if (type.IsAbsent)
        {
            type = new JsonText(frame.Name);
        }

        ReadOnlySpan<byte> name = type.Span;
        if (!name.StartsWith("response."u8))
        {
            if (name.SequenceEqual("error"u8) || OpenAI.ErrorReader.Is(root))
            {
                Fail(root, events);
            }

            return;
        }

        Dispatch(name["response.".Length..], root, events);
    }

    /// <inheritdoc/>
    public void Complete(StreamEvents events)
    {
        // The terminal event carries its own usage: nothing is ever held back.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena.Dispose();
    }

    private void Dispatch(ReadOnlySpan<byte> name, JsonNode root, StreamEvents events)
    {
        switch (name)
        {
            case var _ when name.SequenceEqual("output_text.delta"u8):
                Words(root, BlockKind.Text, root["delta"u8].Text, events);
                if (!root["logprobs"u8][0].IsMissing && events.Count > 0 && events[events.Count - 1].Kind == StreamEventKind.TextDelta)
                {
                    events[events.Count - 1].Logprobs = root["logprobs"u8].Raw;
                }

                break;
            case var _ when name.SequenceEqual("refusal.delta"u8):
                Words(root, BlockKind.Refusal, root["delta"u8].Text, events);
                break;
            case var _ when name.SequenceEqual("function_call_arguments.delta"u8) || name.SequenceEqual("custom_tool_call_input.delta"u8):
                Arguments(root, Input(root["delta"u8]), events);
                break;
            case var _ when name.SequenceEqual("function_call_arguments.done"u8) || name.SequenceEqual("custom_tool_call_input.done"u8):
                ArgumentsDone(root, Input(root["arguments"u8].IsMissing ? root["input"u8] : root["arguments"u8]), events);
                break;
            case var _ when name.SequenceEqual("reasoning_summary_text.delta"u8) || name.SequenceEqual("reasoning_text.delta"u8):
                Reasoning(root, events);
                break;
            case var _ when name.SequenceEqual("output_item.added"u8):
                Added(root["output_index"u8].Integer ?? 0, root["item"u8], events);
                break;
            case var _ when name.SequenceEqual("output_item.done"u8):
                ItemDone(root["output_index"u8].Integer ?? 0, root["item"u8], events);
                break;
            case var _ when name.SequenceEqual("content_part.done"u8):
                PartDone(root["output_index"u8].Integer ?? 0, root["content_index"u8].Integer ?? 0, IdHash(root["item_id"u8].Text), root["part"u8],
                    events);
                break;
            case var _ when name.SequenceEqual("output_text.annotation.added"u8):
                Annotation(root, events);
                break;
            case var _ when name.SequenceEqual("created"u8) || name.SequenceEqual("queued"u8) || name.SequenceEqual("in_progress"u8):
                Start(root["response"u8], events);
                break;
            case var _ when (name.SequenceEqual("completed"u8) || name.SequenceEqual("incomplete"u8)) && !IsBroken(root["response"u8]):
                End(name, root["response"u8], events);
                break;
            case var _ when name.SequenceEqual("failed"u8) || name.SequenceEqual("cancelled"u8) || name.SequenceEqual("completed"u8)
                || name.SequenceEqual("incomplete"u8):
                Fail(root["response"u8], events);
                break;
        }
    }

    private void Start(JsonNode response, StreamEvents events)
    {
        if (_started)
        {
            return;
        }

        _started = true;
        ref StreamEvent start = ref events.Add(StreamEventKind.MessageStart);
        start.Id = response["id"u8].Text;
        start.Model = response["model"u8].Text;
        start.Created = Usage.Count(response["created_at"u8].Integer);
        start.Usage = UsageFields.Read(response["usage"u8]);
    }

    private void Added(long output, JsonNode item, StreamEvents events)
    {
        Start(default, events);
        JsonText type = item["type"u8].Text;
        ref StreamItem added = ref _items.Find(output, -1, KindOf(type), IdHash(item["id"u8].Text), out bool isNew);
        if (isNew && Items.IsCall(type))
        {
            OpenCall(ref added, item, type, events);
        }
    }

    private void OpenCall(ref StreamItem call, JsonNode item, JsonText type, StreamEvents events)
    {
        JsonText name = item["name"u8].Text;
        if (call.Block >= 0 || name.IsNullOrEmpty)
        {
            // A name that is late is in the item's end.
            return;
        }

        _called = true;
        call.Block = _items.NextBlock++;
        ref StreamEvent start = ref events.AddStart(call.Block, BlockKind.ToolUse);
        Block called = _arena.NewBlock(BlockKind.ToolUse);
        Items.ReadName(item, called, _arena);
        start.Id = item["call_id"u8].Text;
        start.Name = called.Name;
        start.IsCustomTool = type.Is("custom_tool_call"u8);
    }

    private void Words(JsonNode root, BlockKind kind, JsonText words, StreamEvents events)
    {
        if (words.IsNullOrEmpty)
        {
            return;
        }

        Start(default, events);
        long output = root["output_index"u8].Integer ?? 0;
        int idHash = IdHash(root["item_id"u8].Text);
        if (_items.Find(output, -1, BlockKind.Text, idHash, out _).Kind != BlockKind.Text)
        {
            return;
        }

        Words(ref _items.Find(output, root["content_index"u8].Integer ?? 0, kind, idHash, out _), kind, words, events);
    }

    private void Words(ref StreamItem part, BlockKind kind, JsonText words, StreamEvents events)
    {
        if (part.IsDone || words.IsNullOrEmpty)
        {
            return;
        }

        if (part.Block < 0)
        {
            part.Block = _items.NextBlock++;
            part.Kind = kind;
            _refused |= kind == BlockKind.Refusal;
            events.AddStart(part.Block, kind);
        }

        part.Pass(words);
        events.AddText(part.Block, words);
    }

    private void Arguments(JsonNode root, JsonText fragment, StreamEvents events)
    {
        ref StreamItem call = ref _items.FindOpened(root["output_index"u8].Integer ?? 0);
        if (call.Block >= 0 && call is { Kind: BlockKind.ToolUse, IsDone: false } && !fragment.IsNullOrEmpty)
        {
            Pass(ref call, fragment, events);
        }
    }

    private void ArgumentsDone(JsonNode root, JsonText whole, StreamEvents events)
    {
        ref StreamItem call = ref _items.FindOpened(root["output_index"u8].Integer ?? 0);
        if (call.Block >= 0 && call is { Kind: BlockKind.ToolUse, IsDone: false })
        {
            Pass(ref call, call.Rest(whole), events);
        }
    }

    // A string; some servers send the object itself.
    private JsonText Input(JsonNode argument) => argument.IsObject ? _arena.StoreEscaped(argument.Raw.Span) : argument.Text;

    private static void Pass(ref StreamItem call, JsonText fragment, StreamEvents events)
    {
        if (fragment.IsNullOrEmpty)
        {
            return;
        }

        call.Pass(fragment);
        ref StreamEvent delta = ref events.Add(StreamEventKind.InputDelta);
        delta.Index = call.Block;
        delta.Text = fragment;
    }

    private void Reasoning(JsonNode root, StreamEvents events)
    {
        JsonText words = root["delta"u8].Text;
        if (words.IsNullOrEmpty)
        {
            return;
        }

        Start(default, events);
        long output = root["output_index"u8].Integer ?? 0;
        ref StreamItem item = ref _items.Find(output, -1, BlockKind.Thinking, IdHash(root["item_id"u8].Text), out _);
        if (item.Kind != BlockKind.Thinking || item.IsDone)
        {
            return;
        }

        // Summary and full text are told apart so that each new part starts after an empty line.
        long part = root["summary_index"u8].Integer is { } summary ? summary * 2 : ((root["content_index"u8].Integer ?? 0) * 2) + 1;
        OpenThinking(ref item, events);
        if (item.HasContent && item.ReasoningPart != part)
        {
            events.AddText(item.Block, SeparatorText);
        }

        item.HasContent = true;
        item.ReasoningPart = part;
        events.AddText(item.Block, words);
    }

    private void OpenThinking(ref StreamItem item, StreamEvents events)
    {
        if (item.Block < 0)
        {
            item.Block = _items.NextBlock++;
            events.AddStart(item.Block, BlockKind.Thinking);
        }
    }

    private void Annotation(JsonNode root, StreamEvents events)
    {
        ref StreamItem part = ref _items.FindPart(root["output_index"u8].Integer ?? 0, root["content_index"u8].Integer ?? 0);
        if (part.Block >= 0 && !part.IsDone)
        {
            part.Annotations++;
            Cite(part.Block, root["annotation"u8], events);
        }
    }

    private static void Cite(int block, JsonNode annotation, StreamEvents events)
    {
        ref StreamEvent cite = ref events.Add(StreamEventKind.CitationDelta);
        cite.Index = block;
        cite.Citation = Annotations.Read(annotation);
    }

    // The event says that the stream is over; how the response ended, its own status knows better.
    private static bool IsBroken(JsonNode response) =>
        !response["error"u8].IsNull || response["status"u8].Text.Is("failed"u8) || response["status"u8].Text.Is("cancelled"u8);

    private void End(ReadOnlySpan<byte> status, JsonNode response, StreamEvents events)
    {
        if (_items.IsEmpty && response.IsObject && !response["output"u8].IsArray && status.SequenceEqual("completed"u8))
        {
            // An end without output, before and in it, is no answer.
            Fail(default, events);
            return;
        }

        Start(response, events);
        long position = 0;
        foreach (JsonNode item in response["output"u8].Items)
        {
            JsonText type = item["type"u8].Text;
            _called |= Items.IsCall(type);
            ItemDone(_items.OutputOf(position++, KindOf(type), IdHash(item["id"u8].Text)), item, events);
        }

        _items.CloseAll(events);
        ref StreamEvent delta = ref events.Add(StreamEventKind.MessageDelta);
        delta.StopReason = StopReasons.Read(status, response["incomplete_details"u8], _called, _refused);
        delta.Usage = UsageFields.Read(response["usage"u8]);
        delta.ServiceTier = response["service_tier"u8].Text;
        events.Add(StreamEventKind.MessageStop);
        _ended = true;
    }

    private void Fail(JsonNode holder, StreamEvents events)
    {
        _ended = true;
        events.Add(StreamEventKind.Error).Error = ErrorReader.ReadInBand(holder["error"u8].IsObject ? holder["error"u8] : holder);
    }

    private static readonly JsonText SeparatorText = new(ReasoningText.Separator.ToArray());

    private static BlockKind KindOf(JsonText type) => type.Is("message"u8) ? BlockKind.Text
        : Items.IsCall(type) ? BlockKind.ToolUse
        : type.Is("reasoning"u8) ? BlockKind.Thinking
        : BlockKind.Opaque;

    private static int IdHash(JsonText id)
    {
        if (id.IsNullOrEmpty)
        {
            return 0;
        }

        var hash = default(HashCode);
        hash.AddBytes(id.Span);
        return hash.ToHashCode() | 1;
    }
}

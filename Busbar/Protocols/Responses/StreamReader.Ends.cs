using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Responses.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <content>What the end of a part or an item holds beyond its deltas.</content>
internal sealed partial class StreamReader
{
    private void PartDone(long output, long index, int idHash, JsonNode part, StreamEvents events)
    {
        JsonText type = part["type"u8].Text;
        bool refusal = type.Is("refusal"u8);
        if ((!refusal && !type.Is("output_text"u8) && !type.Is("text"u8))
            || _items.Find(output, -1, BlockKind.Text, idHash, out _).Kind != BlockKind.Text)
        {
            return;
        }

        BlockKind kind = refusal ? BlockKind.Refusal : BlockKind.Text;
        ref StreamItem known = ref _items.Find(output, index, kind, idHash, out _);
        Words(ref known, kind, known.Rest(part[refusal ? "refusal"u8 : "text"u8].Text), events);
        if (known.Block < 0 || known.IsDone)
        {
            return;
        }

        int position = 0;
        foreach (JsonNode annotation in part["annotations"u8].Items)
        {
            if (position++ >= known.Annotations)
            {
                Cite(known.Block, annotation, events);
            }
        }

        known.IsDone = true;
        events.AddStop(known.Block);
    }

    private void ItemDone(long output, JsonNode item, StreamEvents events)
    {
        if (!item.IsObject)
        {
            return;
        }

        Start(default, events);
        JsonText type = item["type"u8].Text;
        int idHash = IdHash(item["id"u8].Text);
        ref StreamItem known = ref _items.Find(output, -1, KindOf(type), idHash, out _);
        if (known.IsDone)
        {
            return;
        }

        switch (known.Kind)
        {
            case BlockKind.Text:
                known.IsDone = true;
                int texts = 0;
                int refusals = 0;
                if (item["content"u8].IsString)
                {
                    // Compatible hosts answer as requests may speak.
                    ref StreamItem plain = ref _items.Find(output, _items.PartOf(output, BlockKind.Text, 0), BlockKind.Text, idHash, out _);
                    Words(ref plain, BlockKind.Text, plain.Rest(item["content"u8].Text), events);
                }

                foreach (JsonNode part in item["content"u8].Items)
                {
                    bool isRefusal = part["refusal"u8].IsString;
                    if (!isRefusal && !part["text"u8].IsString)
                    {
                        continue;
                    }

                    long index = isRefusal ? _items.PartOf(output, BlockKind.Refusal, refusals++) : _items.PartOf(output, BlockKind.Text, texts++);
                    PartDone(output, index, idHash, part, events);
                }

                _items.CloseParts(output, events);
                return;
            case BlockKind.ToolUse:
                CallDone(ref known, item, type, events);
                break;
            case BlockKind.Thinking:
                ThinkingDone(ref known, item, events);
                break;
            default:
                known.Block = _items.NextBlock++;
                Block whole = Items.Read(item, type, _arena);
                ref StreamEvent start = ref events.AddStart(known.Block, whole.Kind);
                if (whole.Kind == BlockKind.ToolUse)
                {
                    // A call of a tool that the API knows by its type comes whole.
                    _called = true;
                    start.Id = whole.Id;
                    start.Name = whole.Name;
                    Pass(ref known, _arena.StoreEscaped(whole.Input.IsAbsent ? "{}"u8 : whole.Input.Span), events);
                }
                else
                {
                    start.Whole = whole;
                }

                break;
        }

        known.IsDone = true;
        if (known.Block >= 0)
        {
            events.AddStop(known.Block);
        }
    }

    private void CallDone(ref StreamItem call, JsonNode item, JsonText type, StreamEvents events)
    {
        OpenCall(ref call, item, type, events);
        JsonText argument = Input(item[type.Is("custom_tool_call"u8) ? "input"u8 : "arguments"u8]);
        if (call.Block >= 0)
        {
            Pass(ref call, call.Rest(argument), events);
        }
    }

    private void ThinkingDone(ref StreamItem item, JsonNode done, StreamEvents events)
    {
        JsonText words = item.HasContent ? default : ReasoningText.Read(done, _arena);
        if (!words.IsNullOrEmpty)
        {
            OpenThinking(ref item, events);
            events.AddText(item.Block, words);
        }

        // The value seen when the item was added may be partial; only this one is whole.
        JsonText signature = done["encrypted_content"u8].Text;
        if (!signature.IsNullOrEmpty)
        {
            OpenThinking(ref item, events);
            ref StreamEvent signed = ref events.Add(StreamEventKind.SignatureDelta);
            signed.Index = item.Block;
            signed.Text = signature;
            signed.Origin = ProtocolId.Responses;
        }
    }
}

using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>The message item of a written stream: opened by its first part, closed by whatever follows that is no part of it.</summary>
internal sealed class MessageItem(EventFrames frames, AssembledOutput assembled)
{
    private bool _isOpen;

    /// <summary>Opens a part of text or refusal, and the item around it unless it is open.</summary>
    public void StartPart(BlockKind kind)
    {
        assembled.Words.Clear();
        assembled.Annotations.Clear();
        if (!_isOpen)
        {
            _isOpen = true;
            frames.PartIndex = 0;
            frames.ItemId = ResponsesProtocol.NewItemId("msg_");
            assembled.Parts.Clear();
            JsonWriter added = frames.BeginItem("response.output_item.added"u8);
            added.Name("item"u8);
            assembled.WriteMessage(added, frames.ItemId, "in_progress"u8, []);
            frames.End(added);
        }

        JsonWriter json = frames.BeginPart("response.content_part.added"u8);
        json.Name("part"u8);
        assembled.WritePart(json, kind);
        frames.End(json);
    }

    /// <summary>Writes the event of a delta; the words are for the caller to keep.</summary>
    public void WriteWords(BlockKind kind, JsonText words, JsonSlice logprobs)
    {
        JsonWriter json = frames.BeginPart(kind == BlockKind.Refusal ? "response.refusal.delta"u8 : "response.output_text.delta"u8);
        json.Text("delta"u8, words);
        if (kind != BlockKind.Refusal)
        {
            int start = json.Output.Length;
            json.Raw("logprobs"u8, logprobs.IsAbsent ? "[]"u8 : logprobs.Span);
            SingleLine.Enforce(json.Output, start);
        }

        frames.End(json);
    }

    /// <summary>Writes a citation of the open part, if this protocol has a form for it.</summary>
    public void Cite(in Citation citation, ref Losses losses)
    {
        int start = assembled.Annotations.Length;
        if (!Annotations.TryWrite(citation, new JsonText(assembled.Words.Memory), new JsonWriter(assembled.Annotations), ref losses))
        {
            return;
        }

        ReadOnlySpan<byte> written = assembled.Annotations.Span[start..];
        JsonWriter json = frames.BeginPart("response.output_text.annotation.added"u8);
        json.Number("annotation_index"u8, assembled.AnnotationCount++);
        json.Raw("annotation"u8, start > 0 ? written[1..] : written);
        frames.End(json);
    }

    /// <summary>Closes the open part, whose <paramref name="kind"/> it was opened with.</summary>
    public void StopPart(BlockKind kind)
    {
        bool refusal = kind == BlockKind.Refusal;
        JsonWriter done = frames.BeginPart(refusal ? "response.refusal.done"u8 : "response.output_text.done"u8);
        done.Text(refusal ? "refusal"u8 : "text"u8, assembled.WordsText);
        if (!refusal)
        {
            done.Raw("logprobs"u8, "[]"u8);
        }

        frames.End(done);
        JsonWriter part = frames.BeginPart("response.content_part.done"u8);
        part.Name("part"u8);
        assembled.WritePart(part, kind);
        frames.End(part);
        if (assembled.HasRoom)
        {
            assembled.WritePart(new JsonWriter(assembled.Parts), kind);
        }

        assembled.AnnotationCount = 0;
        frames.PartIndex++;
    }

    /// <summary>Closes the item if it is open. <paramref name="stop"/>, where known by now, says whether it is whole.</summary>
    public void Close(StopReason stop)
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        ReadOnlySpan<byte> status = stop is StopReason.MaxTokens or StopReason.Safety ? "incomplete"u8 : "completed"u8;
        JsonWriter json = frames.BeginItem("response.output_item.done"u8);
        json.Name("item"u8);
        assembled.WriteMessage(json, frames.ItemId, status, assembled.Parts.Span);
        frames.End(json);
        if (assembled.HasRoom)
        {
            assembled.WriteMessage(new JsonWriter(assembled.Items), frames.ItemId, status, assembled.Parts.Span);
        }

        frames.OutputIndex++;
    }
}

using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>Writes blocks as parts. A kind without a part of its own becomes words where it has any.</summary>
internal static class PartWriter
{
    /// <summary>Writes the part or parts of <paramref name="block"/> as the next values; false, with nothing written, when it has none.</summary>
    public static bool Write(Block block, bool withIds, JsonWriter output, ref Losses losses)
    {
        switch (block.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal:
                Text(block.Text, false, block.Signature, output);
                return true;
            case BlockKind.Thinking:
                // Encrypted words are no words: they stand where a signature does.
                Text(block.Redacted ? JsonText.Empty : block.Text, true, block.Redacted ? block.Text : block.Signature, output);
                return true;
            case BlockKind.ToolUse:
                WriteCall(block, withIds, output, ref losses);
                return true;
            case BlockKind.Json:
                output.StartObject();
                output.Stringified("text"u8, block.Input);
                output.EndObject();
                return true;
            case BlockKind.Document when block.Source is MediaSource.Text or MediaSource.Blocks:
            case BlockKind.SearchResult:
                return Words(block, withIds, output, ref losses);
            case BlockKind.Image or BlockKind.Audio or BlockKind.Video or BlockKind.Document when MediaParts.CanWrite(block):
                output.StartObject();
                MediaParts.Write(block, output);
                WriteSignature(block.Signature, output);
                output.EndObject();
                Note(block, ref losses);
                return true;
            case BlockKind.ServerToolUse or BlockKind.ServerToolResult or BlockKind.Opaque when block.Origin == ProtocolId.Gemini
                && !block.Raw.IsAbsent:
                output.Raw(block.Raw);
                return true;
            default:
                losses.Add(BlockLoss.Of(block.Kind));
                return false;
        }
    }

    /// <summary>
    /// Writes the object that stands for arguments which are no JSON; <c>input</c> is the one property of a free-text tool's schema.
    /// </summary>
    public static void FreeText(JsonText text, bool isCustomTool, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        output.Text(isCustomTool ? "input"u8 : "args"u8, text);
        output.EndObject();
        if (!isCustomTool)
        {
            losses.Add(LossField.ToolInput);
        }
    }

    private static void WriteCall(Block block, bool withIds, JsonWriter output, ref Losses losses)
    {
        using var words = new PooledBuffer(block.InputText.Escaped.Length + 16);
        if (block.Input.IsNull && !block.InputText.IsNullOrEmpty)
        {
            FreeText(block.InputText, block.IsCustomTool, new JsonWriter(words), ref losses);
        }

        Call(block.Name, withIds ? block.Id : default, words.Length > 0 ? new JsonSlice(words.Memory) : block.Input, block.Signature, output);
    }

    /// <summary>Writes a text or thought part as the next value.</summary>
    public static void Text(JsonText text, bool isThought, JsonText signature, JsonWriter output)
    {
        output.StartObject();
        output.Text("text"u8, text);
        if (isThought)
        {
            output.Bool("thought"u8, true);
        }

        WriteSignature(signature, output);
        output.EndObject();
    }

    /// <summary>Writes a function call as the next value. Arguments that are no object are wrapped in one; an absent id is left out.</summary>
    public static void Call(JsonText name, JsonText id, JsonSlice arguments, JsonText signature, JsonWriter output)
    {
        output.StartObject();
        output.StartObject("functionCall"u8);
        if (!id.IsNullOrEmpty)
        {
            output.Text("id"u8, id);
        }

        output.Text("name"u8, name);
        if (arguments.IsNull)
        {
            output.Raw("args"u8, "{}"u8);
        }
        else if (arguments.IsObject)
        {
            output.Raw("args"u8, arguments);
        }
        else
        {
            output.StartObject("args"u8);
            output.Raw("args"u8, arguments);
            output.EndObject();
        }

        output.EndObject();
        WriteSignature(signature, output);
        output.EndObject();
    }

    /// <summary>Writes a part that was read from this API, with the signature it has now.</summary>
    public static void Repeat(Block block, JsonWriter output, ref Losses losses)
    {
        ReadOnlySpan<byte> raw = block.Raw.Span;
        bool isUntouched = block.Signature.IsAbsent
            ? raw.IndexOf("\"thoughtSignature\""u8) < 0 && raw.IndexOf("\"thought_signature\""u8) < 0
            : raw.Overlaps(block.Signature.Span);
        if (isUntouched && !raw.IsEmpty)
        {
            output.Raw(block.Raw);
            return;
        }

        if (raw.IsEmpty)
        {
            Write(block, true, output, ref losses);
            return;
        }

        using var tape = new JsonTape();
        tape.TryParse(block.Raw.Raw);
        output.StartObject();
        foreach (JsonMember member in tape.Root.Members)
        {
            if (!member.Name.Is("thoughtSignature"u8) && !member.Name.Is("thought_signature"u8))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        WriteSignature(block.Signature, output);
        output.EndObject();
    }

    private static void WriteSignature(JsonText signature, JsonWriter output)
    {
        if (!signature.IsNullOrEmpty)
        {
            output.Text("thoughtSignature"u8, signature);
        }
    }

    // The title leads, as the model may be asked about the document by name.
    private static bool Words(Block block, bool withIds, JsonWriter output, ref Losses losses)
    {
        bool isWritten = false;
        foreach (JsonText line in (ReadOnlySpan<JsonText>)[block.Title, block.Kind == BlockKind.SearchResult ? block.Data : default, block.Context,
            block.Text])
        {
            if (!line.IsNullOrEmpty)
            {
                Text(line, false, default, output);
                isWritten = true;
            }
        }

        foreach (Block child in block.Children ?? [])
        {
            isWritten |= Write(child, withIds, output, ref losses);
        }

        return isWritten;
    }

    private static void Note(Block block, ref Losses losses)
    {
        if (!block.Detail.IsNullOrEmpty && !block.Detail.Is("auto"u8))
        {
            losses.Add(LossField.ImageDetail);
        }

        if (!block.Context.IsNullOrEmpty || !block.Title.IsNullOrEmpty)
        {
            losses.Add(LossField.DocumentContext);
        }
    }
}

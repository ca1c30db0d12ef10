using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>Reads message content: a string, or an array of typed parts. Unknown parts are kept opaque at their place.</summary>
internal static class PartReader
{
    /// <summary>Appends the blocks of <paramref name="content"/>; null on success. <paramref name="field"/> names the message in refusals.</summary>
    public static GatewayError? Read(JsonNode content, MessageField field, IrArena arena, List<Block> blocks)
    {
        if (content.IsString)
        {
            blocks.Add(arena.NewText(content.Text));
            return null;
        }

        foreach (JsonNode part in content.Items)
        {
            if (part.IsString)
            {
                blocks.Add(arena.NewText(part.Text));
                continue;
            }

            if (!part.IsObject)
            {
                return Refusals.WrongType(field + ".content", "an array of content parts");
            }

            Block block = ReadPart(part, arena);
            block.Cache = CacheBreakpoints.Read(part);
            blocks.Add(block);
        }

        return null;
    }

    /// <summary>The block of one part.</summary>
    public static Block ReadOne(JsonNode part, IrArena arena) => ReadPart(part, arena);

    /// <summary>A block that only this vendor understands.</summary>
    public static Block Opaque(JsonNode raw, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Opaque);
        block.Raw = raw.Raw;
        block.Origin = ProtocolId.OpenAI;
        return block;
    }

    private static Block ReadPart(JsonNode part, IrArena arena)
    {
        JsonText type = part["type"u8].Text;
        if ((type.Is("text"u8) || type.Is("input_text"u8) || type.Is("output_text"u8)) && part["text"u8].IsString)
        {
            return arena.NewText(part["text"u8].Text);
        }

        if (type.Is("refusal"u8) && part["refusal"u8].IsString)
        {
            Block refusal = arena.NewBlock(BlockKind.Refusal);
            refusal.Text = part["refusal"u8].Text;
            return refusal;
        }

        if (type.Is("thinking"u8))
        {
            Block thinking = arena.NewBlock(BlockKind.Thinking);
            JsonText words = ReasoningText.OfPart(part);
            thinking.Text = words.IsAbsent ? JsonText.Empty : words;
            thinking.Origin = ProtocolId.OpenAI;
            return thinking;
        }

        if (type.Is("image_url"u8) || type.Is("input_image"u8))
        {
            return ReadAddress(part, part["image_url"u8], BlockKind.Image, arena);
        }

        if (type.Is("video_url"u8))
        {
            return ReadAddress(part, part["video_url"u8], BlockKind.Video, arena);
        }

        if (type.Is("document_url"u8) || type.Is("file_url"u8))
        {
            return ReadAddress(part, part[type.Span], BlockKind.Document, arena);
        }

        if (type.Is("input_audio"u8) && part["input_audio"u8]["data"u8].IsString)
        {
            return ReadAudio(part["input_audio"u8], arena);
        }

        return type.Is("file"u8) ? ReadFile(part, arena) : Opaque(part, arena);
    }

    private static Block ReadAddress(JsonNode part, JsonNode address, BlockKind kind, IrArena arena)
    {
        JsonText url = address.IsString ? address.Text : address["url"u8].Text;
        if (url.IsNullOrEmpty)
        {
            return Opaque(part, arena);
        }

        Block block = arena.NewBlock(kind);
        block.Detail = (address.IsObject ? address["detail"u8] : part["detail"u8]).Text;
        if (!DataUri.TryRead(url, block))
        {
            block.Source = MediaSource.Url;
            block.Data = url;
        }

        return block;
    }

    private static Block ReadAudio(JsonNode audio, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Audio);
        if (!DataUri.TryRead(audio["data"u8].Text, block))
        {
            block.Source = MediaSource.Base64;
            block.Data = audio["data"u8].Text;
            JsonText format = audio["format"u8].Text;
            block.MediaType = format.Is("mp3"u8) ? Mp3 : format.IsNullOrEmpty || format.Is("wav"u8) ? Wav
                : arena.StoreText([.. "audio/"u8, .. format.Span]);
        }

        return block;
    }

    private static Block ReadFile(JsonNode part, IrArena arena)
    {
        JsonNode file = part["file"u8];
        JsonText data = file["file_data"u8].Text;
        JsonText id = file["file_id"u8].Text;
        if (data.IsNullOrEmpty && id.IsNullOrEmpty)
        {
            return Opaque(part, arena);
        }

        Block block = arena.NewBlock(BlockKind.Document);
        block.Title = file["filename"u8].Text;
        if (data.IsNullOrEmpty)
        {
            block.Source = MediaSource.Vendor;
            block.Origin = ProtocolId.OpenAI;
            block.Data = id;
        }
        else if (!DataUri.TryRead(data, block))
        {
            bool isAddress = data.Span.StartsWith("http://"u8) || data.Span.StartsWith("https://"u8);
            block.Source = isAddress ? MediaSource.Url : MediaSource.Base64;
            block.Data = data;
            block.MediaType = Pdf;
        }

        return block;
    }

    private static readonly JsonText Mp3 = JsonText.From("audio/mpeg");
    private static readonly JsonText Wav = JsonText.From("audio/wav");
    private static readonly JsonText Pdf = JsonText.From("application/pdf");
}

using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Content;

/// <summary>Reads message content: a string, or an array of typed parts or plain strings. Unknown parts are kept opaque at their place.</summary>
internal static class PartReader
{
    /// <summary>Appends the blocks of <paramref name="content"/>; null on success. <paramref name="field"/> names the message in refusals.</summary>
    public static GatewayError? Read(JsonNode content, string field, IrArena arena, List<Block> blocks)
    {
        if (content.IsString)
        {
            blocks.Add(arena.NewText(content.Text));
            return null;
        }

        foreach (JsonNode part in content.Items)
        {
            if (!(part.IsString || part.IsObject))
            {
                return Refusals.WrongType(field + ".content", "Content List");
            }

            blocks.Add(part.IsString ? arena.NewText(part.Text) : ReadPart(part, arena));
        }

        return null;
    }

    /// <summary>
    /// As <see cref="Read"/>, for the content of a tool result, where a document is data rather than something to ground an answer on.
    /// </summary>
    public static GatewayError? ReadResult(JsonNode content, string field, IrArena arena, List<Block> blocks)
    {
        if (!content.IsArray)
        {
            return Read(content, field, arena, blocks);
        }

        foreach (JsonNode part in content.Items)
        {
            if (!(part.IsString || part.IsObject))
            {
                return Refusals.WrongType(field + ".content", "Content List");
            }

            JsonNode data = part["document"u8]["data"u8];
            if (part.IsString || data.IsString)
            {
                blocks.Add(arena.NewText(part.IsString ? part.Text : data.Text));
            }
            else if (part["text"u8].IsString)
            {
                blocks.Add(arena.NewText(part["text"u8].Text));
            }
            else
            {
                Block json = arena.NewBlock(BlockKind.Json);
                json.Input = data.IsObject ? data.Raw : part.Raw;
                blocks.Add(json);
            }
        }

        return null;
    }

    private static Block ReadPart(JsonNode part, IrArena arena)
    {
        JsonText type = part["type"u8].Text;
        if ((type.IsAbsent || type.Is("text"u8)) && part["text"u8].IsString)
        {
            return arena.NewText(part["text"u8].Text);
        }

        if (type.Is("thinking"u8) && part["thinking"u8].IsString)
        {
            Block thinking = arena.NewBlock(BlockKind.Thinking);
            thinking.Text = part["thinking"u8].Text;
            thinking.Origin = ProtocolId.Cohere;
            return thinking;
        }

        JsonNode image = part["image_url"u8];
        JsonText url = image.IsString ? image.Text : image["url"u8].Text;
        if (type.Is("image_url"u8) && !url.IsNullOrEmpty)
        {
            Block block = arena.NewBlock(BlockKind.Image);
            block.Detail = image["detail"u8].Text;
            if (!OpenAI.Content.DataUri.TryRead(url, block))
            {
                block.Source = MediaSource.Url;
                block.Data = url;
            }

            return block;
        }

        if (type.Is("document"u8) && part["document"u8].IsObject)
        {
            return Documents.ReadPart(part["document"u8], arena);
        }

        Block opaque = arena.NewBlock(BlockKind.Opaque);
        opaque.Raw = part.Raw;
        opaque.Origin = ProtocolId.Cohere;
        return opaque;
    }
}

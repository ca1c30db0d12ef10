using Busbar.Ir;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>Pictures and files as content parts: data URIs, addresses and file ids.</summary>
internal static class Media
{
    private static readonly JsonText AutoDetail = JsonText.From("auto");
    private static readonly JsonText Pdf = JsonText.From("application/pdf");
    private static readonly JsonText UnnamedFile = JsonText.From("document");

    /// <summary>Reads an <c>input_image</c> part.</summary>
    public static Block ReadImage(JsonNode part, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Image);
        block.Detail = part["detail"u8].Text;
        JsonNode url = part["image_url"u8];
        Locate(block, url.IsObject ? url["url"u8].Text : url.Text, part["file_id"u8].Text);
        return block;
    }

    /// <summary>Reads an <c>input_file</c> part.</summary>
    public static Block ReadFile(JsonNode part, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.Document);
        block.Title = part["filename"u8].Text;
        JsonText data = part["file_data"u8].Text;
        if (data.IsNullOrEmpty)
        {
            Locate(block, part["file_url"u8].Text, part["file_id"u8].Text);
        }
        else if (!DataUri.TryRead(data, block))
        {
            block.Source = MediaSource.Base64;
            block.Data = data;
            block.MediaType = Pdf;
        }

        return block;
    }

    /// <summary>Writes an <c>input_image</c> part; false when the picture cannot be named here.</summary>
    public static bool WriteImage(Block block, JsonWriter output)
    {
        if (!CanWrite(block))
        {
            return false;
        }

        output.StartObject();
        output.Literal("type"u8, "input_image"u8);
        output.Text("detail"u8, block.Detail.IsAbsent ? AutoDetail : block.Detail);
        WriteLocation(block, output, "image_url"u8, "image/png"u8, "image_url"u8);
        CacheBreakpoints.Write(block.Cache, output);
        output.EndObject();
        return true;
    }

    /// <summary>Writes an <c>input_file</c> part; false when the file cannot be named here.</summary>
    public static bool WriteFile(Block block, JsonWriter output)
    {
        if (!CanWrite(block))
        {
            return false;
        }

        output.StartObject();
        output.Literal("type"u8, "input_file"u8);
        if (block.Source == MediaSource.Base64)
        {
            // The API refuses inline data without a file name.
            output.Text("filename"u8, block.Title.IsNullOrEmpty ? UnnamedFile : block.Title);
        }

        WriteLocation(block, output, "file_data"u8, "application/pdf"u8, "file_url"u8);
        CacheBreakpoints.Write(block.Cache, output);
        output.EndObject();
        return true;
    }

    private static bool CanWrite(Block block) => block.Source switch
    {
        MediaSource.Base64 or MediaSource.Url => !block.Data.IsNullOrEmpty,
        MediaSource.Vendor => block.Origin is ProtocolId.Responses or ProtocolId.OpenAI,
        _ => false,
    };

    private static void Locate(Block block, JsonText url, JsonText fileId)
    {
        if (!url.IsNullOrEmpty)
        {
            if (!DataUri.TryRead(url, block))
            {
                block.Source = MediaSource.Url;
                block.Data = url;
            }
        }
        else
        {
            block.Source = MediaSource.Vendor;
            block.Origin = ProtocolId.Responses;
            block.Data = fileId;
        }
    }

    private static void WriteLocation(Block block, JsonWriter output, ReadOnlySpan<byte> inlineName, ReadOnlySpan<byte> inlineType,
        ReadOnlySpan<byte> urlName)
    {
        switch (block.Source)
        {
            case MediaSource.Base64:
                DataUri.Write(inlineName, block, inlineType, output);
                break;
            case MediaSource.Url:
                output.Text(urlName, block.Data);
                break;
            default:
                output.Text("file_id"u8, block.Data);
                break;
        }
    }
}

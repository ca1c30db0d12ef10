using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>Writes blocks as content parts.</summary>
internal static class PartWriter
{
    /// <summary>Whether the block has a part; otherwise the loss is noted.</summary>
    public static bool CanWrite(Block block, ref Losses losses)
    {
        bool can = block.Kind switch
        {
            BlockKind.Image => block.Source is MediaSource.Base64 or MediaSource.Url,
            BlockKind.Audio => block.Source == MediaSource.Base64 && !AudioFormat(block.MediaType).IsEmpty,
            BlockKind.Document => block.Source is not (MediaSource.Url or MediaSource.Vendor) || IsOwnFile(block),
            _ => IsText(block),
        };
        if (!can)
        {
            losses.Add(Loss(block));
        }
        else if (block is { Kind: BlockKind.Document, Context.IsNullOrEmpty: false })
        {
            losses.Add(LossField.DocumentContext);
        }

        return can;
    }

    /// <summary>Whether the block is, or can only be written as, text.</summary>
    public static bool IsText(Block block) =>
        block.Kind is BlockKind.Text or BlockKind.Refusal or BlockKind.Json or BlockKind.SearchResult
        || (block.Kind == BlockKind.Document && block.Source is MediaSource.Text or MediaSource.Blocks);

    /// <summary>What is lost when the block is left out.</summary>
    public static LossField Loss(Block block) => block.Kind switch
    {
        BlockKind.Thinking => LossField.Thinking,
        BlockKind.Image or BlockKind.Document when block.Source == MediaSource.Vendor => LossField.VendorFile,
        BlockKind.ToolResult => LossField.OrphanToolResult,
        BlockKind.ToolUse => LossField.ToolInput,
        _ => BlockLoss.Of(block.Kind),
    };

    /// <summary>Writes <c>content</c> for a turn of one block: a string where that says everything.</summary>
    public static void WriteContent(Block block, JsonWriter output)
    {
        if (IsText(block) && block.Cache == CacheMark.None)
        {
            output.Name("content"u8);
            WriteText(block, output);
            return;
        }

        output.StartArray("content"u8);
        Write(block, output);
        output.EndArray();
    }

    /// <summary>Writes <c>url</c>: the picture's address, or the picture itself.</summary>
    public static void WriteImageUrl(Block image, JsonWriter output)
    {
        if (image.Source == MediaSource.Url)
        {
            output.Text("url"u8, image.Data);
        }
        else
        {
            DataUri.Write("url"u8, image, "image/png"u8, output);
        }
    }

    /// <summary>Writes the part as the next value.</summary>
    public static void Write(Block block, JsonWriter output)
    {
        output.StartObject();
        switch (block.Kind)
        {
            case BlockKind.Image:
                output.Literal("type"u8, "image_url"u8);
                output.StartObject("image_url"u8);
                WriteImageUrl(block, output);
                output.TextIfPresent("detail"u8, block.Detail);
                output.EndObject();
                break;
            case BlockKind.Audio:
                output.Literal("type"u8, "input_audio"u8);
                output.StartObject("input_audio"u8);
                output.Text("data"u8, block.Data);
                output.Literal("format"u8, AudioFormat(block.MediaType));
                output.EndObject();
                break;
            case BlockKind.Document when !IsText(block):
                WriteFile(block, output);
                break;
            default:
                output.Literal("type"u8, "text"u8);
                output.Name("text"u8);
                WriteText(block, output);
                break;
        }

        CacheBreakpoints.Write(block.Cache, output);
        output.EndObject();
    }

    /// <summary>Appends the block's words, escaped; nothing for media.</summary>
    public static void AppendText(Block block, PooledBuffer raw)
    {
        if (!IsText(block))
        {
            return;
        }

        if (block.Kind == BlockKind.Json)
        {
            JsonEscaping.Escape(block.Input.Span, raw);
            return;
        }

        raw.Write(block.Text.Span);
        foreach (Block inner in CollectionsMarshal.AsSpan(block.Children))
        {
            AppendText(inner, raw);
        }
    }

    private static void WriteText(Block block, JsonWriter output)
    {
        // An empty literal places the comma; its closing quote then moves behind the words.
        output.Literal(default);
        PooledBuffer raw = output.Output;
        raw.Truncate(raw.Length - 1);
        AppendText(block, raw);
        raw.Write((byte)'"');
    }

    private static void WriteFile(Block block, JsonWriter output)
    {
        output.Literal("type"u8, "file"u8);
        output.StartObject("file"u8);
        if (block.Source == MediaSource.Vendor)
        {
            output.Text("file_id"u8, block.Data);
        }
        else
        {
            // The API refuses file data without a name.
            output.Text("filename"u8, block.Title.IsNullOrEmpty ? DefaultFileName : block.Title);
            DataUri.Write("file_data"u8, block, "application/pdf"u8, output);
        }

        output.EndObject();
    }

    private static bool IsOwnFile(Block block) => block.Source == MediaSource.Vendor && block.Origin is ProtocolId.OpenAI or ProtocolId.Responses;

    private static ReadOnlySpan<byte> AudioFormat(JsonText type) =>
        type.Is("audio/mpeg"u8) || type.Is("audio/mp3"u8) ? "mp3"u8
        : type.IsNullOrEmpty || type.Span.EndsWith("wav"u8) || type.Span.EndsWith("wave"u8) ? "wav"u8
        : default;

    private static readonly JsonText DefaultFileName = JsonText.From("document.pdf");
}

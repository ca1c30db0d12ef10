using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>Writes content blocks of requests. What this protocol cannot say is left out and noted.</summary>
internal static class BlockWriter
{
    private static readonly List<Block> NoBlocks = [];
    private static readonly List<Citation> NoCitations = [];

    /// <summary>
    /// Whether the block can be said where it stands; notes the loss when it cannot. Assistant turns built here take no <paramref name="media"/>.
    /// </summary>
    public static bool CanWrite(Block block, bool media, ref Losses losses)
    {
        LossField? loss = block.Kind switch
        {
            BlockKind.Thinking when !block.Redacted && block.Signature.IsNullOrEmpty => LossField.Thinking,
            BlockKind.Image or BlockKind.Document when block.Source == MediaSource.Vendor
                && block.Origin != ProtocolId.Anthropic => LossField.VendorFile,
            BlockKind.Image when !media => LossField.Image,
            BlockKind.Document when !media => LossField.Document,
            BlockKind.Audio => LossField.Audio,
            BlockKind.Video => LossField.Video,
            BlockKind.ServerToolUse or BlockKind.ServerToolResult when !IsReplayed(block) => LossField.ServerTool,
            BlockKind.ToolChange when !IsReplayed(block) => LossField.ToolChange,
            BlockKind.Opaque when !IsReplayed(block) => LossField.OpaqueBlock,
            _ => null,
        };
        if (loss is LossField field)
        {
            losses.Add(field);
        }

        return loss is null;
    }

    /// <summary>Whether the block is written exactly as it was read.</summary>
    public static bool IsReplayed(Block block) => !block.Raw.IsAbsent && block.Origin == ProtocolId.Anthropic;

    /// <summary>Whether images of that type are taken; one without a type is the provider's to judge.</summary>
    public static bool IsImageType(JsonText type) =>
        type.IsNullOrEmpty || type.Is("image/jpeg"u8) || type.Is("image/png"u8) || type.Is("image/gif"u8) || type.Is("image/webp"u8);

    /// <summary>Writes an array of the blocks that can be said, as the value of <paramref name="name"/>.</summary>
    public static void WriteAll(ReadOnlySpan<byte> name, List<Block> blocks, bool media, JsonWriter output, ref Losses losses)
    {
        output.StartArray(name);
        foreach (Block block in blocks)
        {
            if (CanWrite(block, media, ref losses))
            {
                Write(block, output, ref losses);
            }
        }

        output.EndArray();
    }

    /// <summary>Writes one block, which <see cref="CanWrite"/> has let pass, as the next value.</summary>
    public static void Write(Block block, JsonWriter output, ref Losses losses)
    {
        if (IsReplayed(block))
        {
            output.Raw(block.Raw);
            return;
        }

        output.StartObject();
        switch (block.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal:
                output.Literal("type"u8, "text"u8);
                output.Text("text"u8, block.Text);
                WriteOwnCitations(block, output, ref losses);
                break;
            case BlockKind.Json:
                output.Literal("type"u8, "text"u8);
                output.Stringified("text"u8, block.Input);
                break;
            case BlockKind.Thinking:
                WriteThinking(block, output);
                break;
            case BlockKind.ToolUse:
                output.Literal("type"u8, "tool_use"u8);
                output.Text("id"u8, block.Id);
                output.Text("name"u8, block.Name);
                WriteInput(block, output, ref losses);
                break;
            case BlockKind.ToolResult:
                WriteToolResult(block, output, ref losses);
                break;
            case BlockKind.Image:
                output.Literal("type"u8, "image"u8);
                WriteSource(block, output, ref losses);
                break;
            case BlockKind.Document:
                output.Literal("type"u8, "document"u8);
                WriteSource(block, output, ref losses);
                output.TextIfPresent("title"u8, block.Title);
                output.TextIfPresent("context"u8, block.Context);
                WriteCitationsSwitch(block, output);
                break;
            case BlockKind.SearchResult:
                output.Literal("type"u8, "search_result"u8);
                output.Text("source"u8, block.Data);
                output.Text("title"u8, block.Title);
                WriteAll("content"u8, block.Children ?? NoBlocks, media: true, output, ref losses);
                WriteCitationsSwitch(block, output);
                break;
            default:
                throw new InvalidOperationException($"a block of kind {block.Kind} cannot be written");
        }

        // The parameter types of thinking blocks have no such field; a mark there came with its raw form.
        if (block.Kind != BlockKind.Thinking)
        {
            CacheControl.Write(block.Cache, output);
        }

        output.EndObject();
    }

    /// <summary>Writes the members of a thinking or redacted thinking block.</summary>
    public static void WriteThinking(Block block, JsonWriter output)
    {
        if (block.Redacted)
        {
            output.Literal("type"u8, "redacted_thinking"u8);
            output.Text("data"u8, block.Text);
            return;
        }

        output.Literal("type"u8, "thinking"u8);
        output.Text("thinking"u8, block.Text);
        output.Text("signature"u8, block.Signature);
    }

    /// <summary>Writes the <c>input</c> of a call, which must be an object here.</summary>
    public static void WriteInput(Block block, JsonWriter output, ref Losses losses)
    {
        if (ObjectInput.Write(block, output) && !block.IsCustomTool)
        {
            losses.Add(LossField.ToolInput);
        }
    }

    private static void WriteToolResult(Block block, JsonWriter output, ref Losses losses)
    {
        output.Literal("type"u8, "tool_result"u8);
        output.Text("tool_use_id"u8, block.Id);
        if (block.Children is { Count: > 0 } children)
        {
            WriteAll("content"u8, children, media: true, output, ref losses);
        }
        else
        {
            output.Literal("content"u8, default);
        }

        if (block.IsError)
        {
            output.Bool("is_error"u8, true);
        }
    }

    private static void WriteSource(Block block, JsonWriter output, ref Losses losses)
    {
        output.StartObject("source"u8);
        switch (block.Source)
        {
            case MediaSource.Base64:
                output.Literal("type"u8, "base64"u8);
                output.Text("media_type"u8, block.MediaType);
                output.Text("data"u8, block.Data);
                break;
            case MediaSource.Url:
                output.Literal("type"u8, "url"u8);
                output.Text("url"u8, block.Data);
                break;
            case MediaSource.Text:
                output.Literal("type"u8, "text"u8);
                output.Literal("media_type"u8, "text/plain"u8);
                output.Text("data"u8, block.Text);
                break;
            case MediaSource.Blocks:
                output.Literal("type"u8, "content"u8);
                WriteAll("content"u8, block.Children ?? NoBlocks, media: true, output, ref losses);
                break;
            case MediaSource.Vendor:
                output.Literal("type"u8, "file"u8);
                output.Text("file_id"u8, block.Data);
                break;
        }

        output.EndObject();
    }

    // Citations that were made by another vendor refer to documents by ids this one does not know, and it checks them.
    private static void WriteOwnCitations(Block block, JsonWriter output, ref Losses losses)
    {
        bool opened = false;
        foreach (Citation citation in block.Citations ?? NoCitations)
        {
            if (citation.Origin != ProtocolId.Anthropic || citation.Raw.IsAbsent)
            {
                losses.Add(LossField.Citations);
                continue;
            }

            if (!opened)
            {
                output.StartArray("citations"u8);
                opened = true;
            }

            Citations.Write(citation, output);
        }

        if (opened)
        {
            output.EndArray();
        }
    }

    private static void WriteCitationsSwitch(Block block, JsonWriter output)
    {
        if (block.CitationsEnabled is bool enabled)
        {
            output.StartObject("citations"u8);
            output.Bool("enabled"u8, enabled);
            output.EndObject();
        }
    }
}

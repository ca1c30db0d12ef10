using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>
/// Writes image, document, video and audio blocks. Media at addresses cannot be sent: the service takes bytes and its own storage only.
/// </summary>
internal sealed class MediaWriter(bool replay, bool isClaude)
{
    private readonly DocumentNames _names = new();

    /// <summary>What is lost when <paramref name="block"/> cannot be sent; null when it can.</summary>
    public static LossField? Loss(Block block)
    {
        bool isNamed = block.Kind switch
        {
            BlockKind.Document => block.Source is MediaSource.Text or MediaSource.Blocks || !MediaFormats.Document(block.MediaType).IsEmpty,
            BlockKind.Video => !MediaFormats.Video(block.MediaType).IsEmpty,
            BlockKind.Audio => !MediaFormats.Audio(block.MediaType).IsEmpty,
            _ => true,
        };
        bool isForeignFile = block.Source == MediaSource.Vendor && block.Origin != ProtocolId.Bedrock;
        if (isForeignFile || block.Source == MediaSource.Url || !isNamed)
        {
            return isForeignFile ? LossField.VendorFile : BlockLoss.Of(block.Kind);
        }

        return null;
    }

    /// <summary>Writes one block, for which <see cref="Loss"/> is null, as the member of an open object.</summary>
    public void Write(Block block, JsonWriter output, ref Losses losses)
    {
        switch (block.Kind)
        {
            case BlockKind.Image:
                output.StartObject("image"u8);
                WriteImageFormat(block.MediaType, output, ref losses);
                break;
            case BlockKind.Video:
                output.StartObject("video"u8);
                output.Literal("format"u8, MediaFormats.Video(block.MediaType));
                break;
            case BlockKind.Audio:
                output.StartObject("audio"u8);
                output.Literal("format"u8, MediaFormats.Audio(block.MediaType));
                break;
            default:
                output.StartObject("document"u8);
                WriteDocumentHead(block, output, ref losses);
                break;
        }

        output.StartObject("source"u8);
        WriteSource(block, output, ref losses);
        output.EndObject();
        output.EndObject();
    }

    /// <summary>Writes the <c>format</c> of an image; a type that is not taken is called <c>png</c>, and the service looks at the bytes.</summary>
    public static void WriteImageFormat(JsonText type, JsonWriter output, ref Losses losses)
    {
        ReadOnlySpan<byte> format = MediaFormats.Image(type);
        if (format.IsEmpty)
        {
            losses.Add(LossField.Image);
            format = "png"u8;
        }

        output.Literal("format"u8, format);
    }

    private void WriteDocumentHead(Block block, JsonWriter output, ref Losses losses)
    {
        ReadOnlySpan<byte> format = MediaFormats.Document(block.MediaType);
        output.Literal("format"u8, format.IsEmpty ? "txt"u8 : format);
        if (replay)
        {
            output.Text("name"u8, block.Title);
        }
        else
        {
            output.String("name"u8, _names.Take(block.Title));
        }

        if (isClaude)
        {
            output.TextIfPresent("context"u8, block.Context);
            WriteCitationsSwitch(block, output);
        }
        else if (!block.Context.IsNullOrEmpty)
        {
            losses.Add(LossField.DocumentContext);
        }
    }

    /// <summary>Writes <c>citations.enabled</c> when it was said.</summary>
    public static void WriteCitationsSwitch(Block block, JsonWriter output)
    {
        if (block.CitationsEnabled is bool enabled)
        {
            output.StartObject("citations"u8);
            output.Bool("enabled"u8, enabled);
            output.EndObject();
        }
    }

    private void WriteSource(Block block, JsonWriter output, ref Losses losses)
    {
        switch (block.Source)
        {
            case MediaSource.Vendor:
                output.StartObject("s3Location"u8);
                output.Text("uri"u8, block.Data);
                output.EndObject();
                break;
            case MediaSource.Text when isClaude:
                output.Text("text"u8, block.Text);
                break;
            case MediaSource.Text:
                Blob.Write("bytes"u8, block.Text, output);
                break;
            case MediaSource.Blocks:
                WriteChunks(block, output, ref losses);
                break;
            default:
                output.Text("bytes"u8, block.Data);
                break;
        }
    }

    private void WriteChunks(Block block, JsonWriter output, ref Losses losses)
    {
        using var words = new PooledBuffer();
        for (int index = 0; index < (block.Children?.Count ?? 0); index++)
        {
            words.Write(block.Children![index].Text.Span);
            words.Write("\\n"u8);
            if (block.Children[index].Kind != BlockKind.Text)
            {
                losses.Add(LossField.Document);
            }
        }

        if (isClaude)
        {
            Texts.Write("content"u8, block.Children, output);
        }
        else
        {
            Blob.Write("bytes"u8, new JsonText(words.Memory), output);
        }
    }
}

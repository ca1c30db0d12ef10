using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>Reads image, document, video and audio blocks. Results say whether the fields hold everything that was said.</summary>
internal static class MediaReader
{
    /// <summary>Reads <c>{format, source}</c> of an image.</summary>
    public static bool ReadImage(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Image;
        bool isKnown = MediaFormats.TryImageType(fields.Take("format"u8).Text, out JsonText type);
        block.MediaType = type;
        return ReadSource(fields.Take("source"u8), block) && isKnown;
    }

    /// <summary>Reads <c>{format, source}</c> of a video.</summary>
    public static bool ReadVideo(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Video;
        bool isKnown = MediaFormats.TryVideoType(fields.Take("format"u8).Text, out JsonText type);
        block.MediaType = type;
        return ReadSource(fields.Take("source"u8), block) && isKnown;
    }

    /// <summary>Reads <c>{format, source}</c> of a sound.</summary>
    public static bool ReadAudio(ref MemberReader fields, Block block)
    {
        block.Kind = BlockKind.Audio;
        bool isKnown = MediaFormats.TryAudioType(fields.Take("format"u8).Text, out JsonText type);
        block.MediaType = type;
        return ReadSource(fields.Take("source"u8), block) && isKnown;
    }

    /// <summary>
    /// Reads <c>{format, name, source, context, citations}</c> of a document. Bytes that are text become text, which every model takes.
    /// </summary>
    public static bool ReadDocument(ref MemberReader fields, Block block, IrArena arena)
    {
        block.Kind = BlockKind.Document;
        block.Title = fields.Take("name"u8).Text;
        block.Context = fields.Take("context"u8).Text;
        bool isWhole = ReadCitationsSwitch(ref fields, block);
        isWhole &= MediaFormats.TryDocumentType(fields.Take("format"u8).Text, out JsonText type);
        block.MediaType = type;
        JsonNode source = fields.Take("source"u8);
        var kinds = new MemberReader(source);
        if (kinds.Take("text"u8).Text is { IsAbsent: false } words)
        {
            block.Source = MediaSource.Text;
            block.Text = words;
            return isWhole && !kinds.HasOthers;
        }

        if (kinds.Take("content"u8) is { IsArray: true } content)
        {
            block.Source = MediaSource.Blocks;
            return Texts.TryRead(content, arena, block) && isWhole && !kinds.HasOthers;
        }

        isWhole &= ReadSource(source, block);
        return !(block.Source == MediaSource.Base64 && block.MediaType.Span.StartsWith("text/"u8) && TryReadWords(block, arena)) && isWhole;
    }

    /// <summary>Reads <c>citations.enabled</c>.</summary>
    public static bool ReadCitationsSwitch(ref MemberReader fields, Block block)
    {
        JsonNode citations = fields.Take("citations"u8);
        var inner = new MemberReader(citations);
        block.CitationsEnabled = inner.Take("enabled"u8).Bool;
        return citations.IsMissing || (block.CitationsEnabled is not null && !inner.HasOthers);
    }

    private static bool ReadSource(JsonNode source, Block block)
    {
        var kinds = new MemberReader(source);
        JsonText bytes = kinds.Take("bytes"u8).Text;
        if (!bytes.IsAbsent)
        {
            block.Source = MediaSource.Base64;
            block.Data = bytes;
            return !kinds.HasOthers;
        }

        var place = new MemberReader(kinds.Take("s3Location"u8));
        JsonText address = place.Take("uri"u8).Text;
        block.Source = MediaSource.Vendor;
        block.Data = address.IsAbsent ? JsonText.Empty : address;
        return !address.IsAbsent && !place.HasOthers && !kinds.HasOthers;
    }

    private static bool TryReadWords(Block block, IrArena arena)
    {
        int length = block.Data.Escaped.Length;
        using var base64 = new PooledBuffer(length + 1);
        JsonEscaping.Unescape(block.Data.Span, base64);
        using var words = new PooledBuffer(length + 1);
        if (Base64.DecodeFromUtf8(base64.Span, words.GetSpan(length + 1), out _, out int written) != OperationStatus.Done)
        {
            return false;
        }

        words.Advance(written);
        if (written == 0 || !Utf8.IsValid(words.Span))
        {
            return false;
        }

        using var escaped = new PooledBuffer(written + 16);
        JsonEscaping.Escape(words.Span, escaped);
        block.Text = arena.StoreText(escaped.Span);
        block.Source = MediaSource.Text;
        block.Data = default;
        return true;
    }
}

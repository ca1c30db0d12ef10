using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>Media as <c>inlineData</c> and <c>fileData</c>.</summary>
internal static class MediaParts
{
    private static readonly JsonText PlainText = JsonText.From("text/plain");

    /// <summary>Reads <c>inlineData</c>; text becomes a text document. Null when it holds no data.</summary>
    public static Block? ReadInline(JsonNode data, IrArena arena)
    {
        JsonText bytes = data["data"u8].Text;
        if (bytes.IsAbsent)
        {
            return null;
        }

        JsonText type = Spelling.Get(data, "mimeType"u8, "mime_type"u8).Text;
        Block block = arena.NewBlock(KindOf(type.Span) ?? BlockKind.Document);
        block.MediaType = type;
        block.Title = Spelling.Get(data, "displayName"u8, "display_name"u8).Text;
        block.Data = bytes;
        if (type.Span.StartsWith("text/"u8))
        {
            DecodeText(block, arena);
        }

        return block;
    }

    /// <summary>Reads <c>fileData</c>; files of Google's own stores stay with Google. Null when it names no file.</summary>
    public static Block? ReadFile(JsonNode file, IrArena arena)
    {
        JsonText address = Spelling.Get(file, "fileUri"u8, "file_uri"u8).Text;
        if (address.IsNullOrEmpty)
        {
            return null;
        }

        JsonText type = Spelling.Get(file, "mimeType"u8, "mime_type"u8).Text;
        BlockKind? kind = type.IsNullOrEmpty ? KindOf(TypeOfName(address.Span)) : KindOf(type.Span);
        Block block = arena.NewBlock(kind ?? (IsVideoSite(address.Span) ? BlockKind.Video : BlockKind.Document));
        block.Source = IsPublic(address.Span) ? MediaSource.Url : MediaSource.Vendor;
        block.MediaType = type.IsNullOrEmpty ? default : type;
        block.Title = Spelling.Get(file, "displayName"u8, "display_name"u8).Text;
        block.Data = address;
        return block;
    }

    /// <summary>Whether <paramref name="block"/> has bytes or an address that this API takes.</summary>
    public static bool CanWrite(Block block) =>
        block.Source is MediaSource.Base64 or MediaSource.Url || (block.Source == MediaSource.Vendor && block.Origin == ProtocolId.Gemini);

    /// <summary>Writes the member <c>inlineData</c> or <c>fileData</c>; only for blocks that <see cref="CanWrite"/> accepts.</summary>
    public static void Write(Block block, JsonWriter output)
    {
        if (block.Source == MediaSource.Base64)
        {
            output.StartObject("inlineData"u8);
            output.Name("mimeType"u8);
            WriteType(block, output);
            output.Text("data"u8, block.Data);
            output.EndObject();
            return;
        }

        output.StartObject("fileData"u8);
        ReadOnlySpan<byte> type = block.MediaType.IsNullOrEmpty ? TypeOfName(block.Data.Span) : block.MediaType.Span;
        if (!type.IsEmpty)
        {
            output.Literal("mimeType"u8, type);
        }

        output.Text("fileUri"u8, block.Data);
        output.EndObject();
    }

    private static void WriteType(Block block, JsonWriter output)
        => output.Literal(!block.MediaType.IsNullOrEmpty ? block.MediaType.Span : block.Kind switch
    {
        BlockKind.Image => "image/png"u8,
        BlockKind.Audio => "audio/wav"u8,
        BlockKind.Video => "video/mp4"u8,
        _ => "application/pdf"u8,
    });

    private static BlockKind? KindOf(ReadOnlySpan<byte> type) =>
        type.StartsWith("image/"u8) ? BlockKind.Image
        : type.StartsWith("audio/"u8) ? BlockKind.Audio
        : type.StartsWith("video/"u8) ? BlockKind.Video
        : null;

    private static void DecodeText(Block block, IrArena arena)
    {
        using var plain = new PooledBuffer(block.Data.Escaped.Length + 1);
        Span<byte> room = plain.GetSpan(block.Data.Escaped.Length + 1);
        if (System.Buffers.Text.Base64.DecodeFromUtf8(block.Data.Span, room, out _, out int length) != System.Buffers.OperationStatus.Done
            || !System.Text.Unicode.Utf8.IsValid(room[..length]))
        {
            return;
        }

        using var escaped = new PooledBuffer(length + 16);
        JsonEscaping.Escape(room[..length], escaped);
        block.Kind = BlockKind.Document;
        block.Source = MediaSource.Text;
        block.MediaType = PlainText;
        block.Data = default;
        block.Text = arena.StoreText(escaped.Span);
    }

    private static bool IsPublic(ReadOnlySpan<byte> address) =>
        (address.StartsWith("https://"u8) || address.StartsWith("http://"u8)) && !address.StartsWith("https://generativelanguage.googleapis.com/"u8);

    private static bool IsVideoSite(ReadOnlySpan<byte> address) => address.IndexOf("youtube.com/"u8) >= 0 || address.IndexOf("youtu.be/"u8) >= 0;

    private static ReadOnlySpan<byte> TypeOfName(ReadOnlySpan<byte> address)
    {
        int end = address.IndexOfAny((byte)'?', (byte)'#');
        ReadOnlySpan<byte> path = end < 0 ? address : address[..end];
        ReadOnlySpan<byte> extension = path[(path.LastIndexOfAny((byte)'.', (byte)'/') + 1)..];
        return extension switch
        {
            _ when extension.SequenceEqual("png"u8) => "image/png"u8,
            _ when extension.SequenceEqual("jpg"u8) || extension.SequenceEqual("jpeg"u8) => "image/jpeg"u8,
            _ when extension.SequenceEqual("gif"u8) => "image/gif"u8,
            _ when extension.SequenceEqual("webp"u8) => "image/webp"u8,
            _ when extension.SequenceEqual("mp3"u8) => "audio/mpeg"u8,
            _ when extension.SequenceEqual("wav"u8) => "audio/wav"u8,
            _ when extension.SequenceEqual("mp4"u8) => "video/mp4"u8,
            _ when extension.SequenceEqual("pdf"u8) => "application/pdf"u8,
            _ => default,
        };
    }
}

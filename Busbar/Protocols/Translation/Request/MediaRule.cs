using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;
using Busbar.Ir;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Pictures, files and recordings: what they really are, and what stands in the place of one that cannot be sent.</summary>
internal static class MediaRule
{
    // Words that programming languages and data formats have in their MIME types.
    private static readonly string[] TextTypes =
    [
        "application/json", "application/xml", "application/javascript", "application/ecmascript", "application/typescript", "application/yaml",
        "application/toml", "application/sql", "application/graphql", "application/csv", "application/rtf-text", "application/sh", "application/csh",
        "application/xhtml",
    ];

    /// <summary>Whether the block is a picture, a file or a recording.</summary>
    public static bool IsMedia(Block block) => block.Kind is BlockKind.Image or BlockKind.Audio or BlockKind.Video
        || block is { Kind: BlockKind.Document, Source: not (MediaSource.Text or MediaSource.Blocks) };

    /// <summary>Whether <paramref name="protocol"/> has a form for the block at <paramref name="place"/>.</summary>
    public static bool CanSend(Block block, Protocol protocol, Place place) => !IsMedia(block) || protocol.CanSend(block, place);

    /// <summary>Clients put files of every kind where only pictures belong; the type of the file says what it is.</summary>
    public static void Name(Block block)
    {
        if (block.Kind != BlockKind.Image)
        {
            return;
        }

        ReadOnlySpan<byte> type = block.MediaType.Span;
        if (block.Source == MediaSource.Base64 && !type.IsEmpty && !type.StartsWith("image/"u8))
        {
            block.Kind = type.StartsWith("audio/"u8) ? BlockKind.Audio : type.StartsWith("video/"u8) ? BlockKind.Video : BlockKind.Document;
            block.Detail = default;
        }
        else if (block.Source == MediaSource.Url && IsPdfAddress(block.Data.Span))
        {
            block.Kind = BlockKind.Document;
            block.Detail = default;
        }
    }

    /// <summary>Makes a file of text, such as a program, a document of text; leaves every other block alone.</summary>
    public static void SpellOut(Block block, IrArena arena)
    {
        if (block.Kind != BlockKind.Document || block.Source != MediaSource.Base64 || !IsText(block))
        {
            return;
        }

        using var encoded = new PooledBuffer(block.Data.Escaped.Length + 1);
        JsonEscaping.Unescape(block.Data.Span, encoded);
        using var plain = new PooledBuffer(encoded.Length + 1);
        Span<byte> room = plain.GetSpan(encoded.Length + 1);
        if (Base64.DecodeFromUtf8(encoded.Span, room, out _, out int length) != OperationStatus.Done || !Utf8.IsValid(room[..length]))
        {
            return;
        }

        using var escaped = new PooledBuffer(length + 16);
        JsonEscaping.Escape(room[..length], escaped);
        block.Text = arena.StoreText(escaped.Span);
        block.Source = MediaSource.Text;
        block.Data = default;
    }

    /// <summary>A few words in the place of a block, so that the model knows what was there.</summary>
    public static Block StandIn(Block block, IrArena arena)
    {
        string what = block.Kind switch
        {
            BlockKind.Image => "An image",
            BlockKind.Audio => "An audio recording",
            BlockKind.Video => "A video",
            _ => "A document",
        };
        string title = block.Kind == BlockKind.Document && !block.Title.IsNullOrEmpty ? $" named \"{block.Title}\"" : "";
        Block words = arena.NewText(JsonText.From($"[{what}{title} was attached here. It could not be passed on to this model.]"));
        words.Cache = block.Cache;
        return words;
    }

    private static bool IsText(Block block)
    {
        string type = block.MediaType.ToString();
        return type.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/x-", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)
            || (type is "" or "application/octet-stream" && !block.Title.Span.EndsWith(".pdf"u8) && !block.Data.Span.StartsWith("JVBERi0"u8))
            || Array.Exists(TextTypes, known => type.StartsWith(known, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsPdfAddress(ReadOnlySpan<byte> address)
    {
        int end = address.IndexOfAny((byte)'?', (byte)'#');
        ReadOnlySpan<byte> path = end < 0 ? address : address[..end];
        return path.EndsWith(".pdf"u8) || path.EndsWith(".PDF"u8);
    }
}

using System.Runtime.InteropServices;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>
/// Owns the blocks and scratch bytes of one request or response. Rented, filled, written and reset as a whole; nothing
/// taken from it survives <see cref="Reset"/>.
/// </summary>
internal sealed class IrArena : IDisposable
{
    /// <summary>Most blocks of content in one request or answer.</summary>
    public const int MaxBlocks = 500_000;

    private const int ChunkSize = 16 * 1024;
    private const int MaxRetainedBlocks = 256;

    // Null until needed: an idle stream holds several arenas of which it uses none.
    private List<Block>? _blocks;
    private List<Message>? _messages;
    private List<PooledBuffer>? _chunks;
    private int _usedBlocks;
    private int _usedMessages;

    /// <summary>What everything made here is charged to; null for nobody.</summary>
    public Allowance? Allowance { get; set; }

    /// <summary>A fresh block of <paramref name="kind"/>.</summary>
    public Block NewBlock(BlockKind kind)
    {
        Allowance?.Take(Block.Cost(kind));
        if (_usedBlocks == MaxBlocks)
        {
            throw new AllowanceException("content blocks", MaxBlocks);
        }

        _blocks ??= [];
        if (_usedBlocks == _blocks.Count)
        {
            _blocks.Add(new Block());
        }

        Block block = _blocks[_usedBlocks++];
        block.Reset(kind);
        return block;
    }

    /// <summary>A fresh text block.</summary>
    public Block NewText(JsonText text)
    {
        Block block = NewBlock(BlockKind.Text);
        block.Text = text;
        return block;
    }

    /// <summary>A fresh message of <paramref name="role"/>.</summary>
    public Message NewMessage(Role role)
    {
        Allowance?.Take(Message.Cost);
        _messages ??= [];
        if (_usedMessages == _messages.Count)
        {
            _messages.Add(new Message());
        }

        Message message = _messages[_usedMessages++];
        message.Reset(role);
        return message;
    }

    /// <summary>Copies bytes into memory that lives until <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Store(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        Allowance?.Take(bytes.Length);

        // A chunk never grows once slices of it were handed out: growing would move them.
        _chunks ??= [];
        PooledBuffer? chunk = _chunks.Count > 0 ? _chunks[^1] : null;
        if (chunk is null || chunk.FreeCapacity < bytes.Length)
        {
            chunk = new PooledBuffer(Math.Max(ChunkSize, bytes.Length));
            _chunks.Add(chunk);
        }

        int start = chunk.Length;
        chunk.Write(bytes);
        return chunk.Memory.Slice(start, bytes.Length);
    }

    /// <summary>Copies escaped text that must outlive its source.</summary>
    public JsonText StoreText(ReadOnlySpan<byte> escaped) => new(Store(escaped));

    /// <summary>Plain UTF-8, such as a JSON value that a protocol carries as a string, in escaped form.</summary>
    public JsonText StoreEscaped(ReadOnlySpan<byte> plain)
    {
        using var escaped = new PooledBuffer(plain.Length * 2 + 1);
        JsonEscaping.Escape(plain, escaped);
        return StoreText(escaped.Span);
    }

    /// <summary>
    /// The unescaped form of <paramref name="text"/> as one JSON value, when it is one; absent otherwise. Used for arguments that a protocol carries
    /// as a string.
    /// </summary>
    public JsonSlice StoreParsed(JsonText text)
    {
        using var plain = new PooledBuffer(text.Escaped.Length);
        JsonEscaping.Unescape(text.Span, plain);
        return JsonSyntax.IsValue(plain.Span) ? new(Store(JsonSyntax.Trim(plain.Span))) : default;
    }

    /// <summary>The texts joined by <paramref name="separator"/> (already escaped).</summary>
    public JsonText Join(ReadOnlySpan<JsonText> texts, ReadOnlySpan<byte> separator)
    {
        if (texts.Length == 1)
        {
            return texts[0];
        }

        using var joined = new PooledBuffer();
        for (int index = 0; index < texts.Length; index++)
        {
            if (index > 0)
            {
                joined.Write(separator);
            }

            joined.Write(texts[index].Span);
        }

        return StoreText(joined.Span);
    }

    /// <summary>Takes back everything that was handed out.</summary>
    public void Reset()
    {
        foreach (PooledBuffer chunk in CollectionsMarshal.AsSpan(_chunks))
        {
            chunk.Dispose();
        }

        Allowance = null;
        _chunks?.Clear();
        if (_blocks?.Count > MaxRetainedBlocks)
        {
            _blocks.RemoveRange(MaxRetainedBlocks, _blocks.Count - MaxRetainedBlocks);
            _blocks.Capacity = MaxRetainedBlocks;
        }

        if (_messages?.Count > MaxRetainedBlocks)
        {
            _messages.RemoveRange(MaxRetainedBlocks, _messages.Count - MaxRetainedBlocks);
            _messages.Capacity = MaxRetainedBlocks;
        }

        // Slices held by idle blocks would keep whole request bodies alive.
        foreach (Block block in Used(_blocks, _usedBlocks))
        {
            block.Reset(default);
        }

        foreach (Message message in Used(_messages, _usedMessages))
        {
            message.Reset(default);
        }

        _usedBlocks = 0;
        _usedMessages = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Reset();

    private static Span<T> Used<T>(List<T>? all, int used)
    {
        Span<T> kept = CollectionsMarshal.AsSpan(all);
        return kept[..Math.Min(used, kept.Length)];
    }
}

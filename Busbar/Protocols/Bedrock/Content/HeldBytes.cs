using System.Buffers;
using System.Buffers.Text;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>
/// The bytes of a streamed block that the events can only carry whole, an image or redacted reasoning, from its first piece to its stop.
/// </summary>
internal sealed class HeldBytes : IDisposable
{
    private readonly PooledBuffer _bytes = new(16);
    private readonly PooledBuffer _text = new(16);
    private JsonText _mediaType;

    /// <summary>Number of the block among the events; -1 when none is held.</summary>
    public int Number { get; private set; } = -1;

    /// <summary>Begins to hold a block.</summary>
    public void Start(int number, JsonText mediaType)
    {
        Number = number;
        _mediaType = mediaType;
        _bytes.Clear();
    }

    /// <summary>Adds one base64 piece; a malformed one is passed over.</summary>
    public void Add(JsonText base64)
    {
        _text.Clear();
        JsonEscaping.Unescape(base64.Span, _text);
        if (Base64.DecodeFromUtf8(_text.Span, _bytes.GetSpan(_text.Length + 1), out _, out int written) == OperationStatus.Done)
        {
            _bytes.Advance(written);
        }
    }

    /// <summary>Ends the block and hands it out; it lives as long as <paramref name="arena"/>.</summary>
    public Block Take(BlockKind kind, IrArena arena)
    {
        Number = -1;
        _text.Clear();
        Base64.EncodeToUtf8(_bytes.Span, _text.GetSpan(Base64.GetMaxEncodedToUtf8Length(_bytes.Length) + 1), out _, out int written);
        _text.Advance(written);
        JsonText blob = arena.StoreText(_text.Span);
        Block block = arena.NewBlock(kind);
        block.Origin = ProtocolId.Bedrock;
        if (kind == BlockKind.Thinking)
        {
            block.Redacted = true;
            RedactedContent.TryRead(blob, arena, out block.Text);
        }
        else
        {
            block.Source = MediaSource.Base64;
            block.MediaType = _mediaType;
            block.Data = blob;
        }

        return block;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes.Dispose();
        _text.Dispose();
    }
}

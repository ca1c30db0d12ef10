using System.Buffers;
using System.Buffers.Text;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Signatures;

/// <summary>
/// Thinking that the client did not ask to see. Its vendor shows none to who does not ask, and clients take the first block for the answer. What the
/// provider wants back with the next turn travels without words: where the thinking stood, or, where nothing of it may be seen, before the first call
/// or at the end.
/// </summary>
internal sealed class HiddenThinking(TranslationContext context) : IDisposable
{
    // Thinking beyond that goes back without its words.
    private const int MaxWords = 1 << 20;

    private readonly PooledBuffer _words = new(1024);
    private readonly Queue<JsonText> _tokens = [];
    private readonly IrArena _kept = new();
    private JsonText _signature;

    /// <summary>One for the stream of <paramref name="context"/>; null where all thinking is shown.</summary>
    public static HiddenThinking? For(TranslationContext context) => context.Thinking == ThinkingView.Shown ? null : new(context);

    /// <summary>Takes the words out of <paramref name="block"/>, as it was read. False when nothing is left of it.</summary>
    public static bool TryStrip(Block block, TranslationContext context, IrArena arena)
    {
        JsonText token = block.Redacted ? Redacted(block, context, arena) : Token(block.Signature, block.Text, context, arena);
        block.Raw = default;
        block.Redacted = false;
        block.Text = JsonText.Empty;
        block.Signature = token;
        return !token.IsAbsent || context.Thinking == ThinkingView.Wordless;
    }

    /// <summary>Keeps words of the open block.</summary>
    public void AddWords(JsonText words)
    {
        if (_words.Length + words.Span.Length <= MaxWords)
        {
            _words.Write(words.Span);
        }
    }

    /// <summary>Keeps the signature of the open block.</summary>
    public void Sign(JsonText signature) => _signature = _kept.StoreText(signature.Span);

    /// <summary>Ends the open block: what the client is to keep of it at its place; absent when there is nothing.</summary>
    public JsonText Close()
    {
        bool carriesOther = SignatureEnvelope.Is(_signature);
        JsonText token = carriesOther ? _signature : Token(_signature, new JsonText(_words.Memory), context, _kept);
        _signature = default;
        _words.Clear();
        if (carriesOther || context.Thinking == ThinkingView.Wordless)
        {
            return token;
        }

        Hold(token);
        return default;
    }

    /// <summary>Keeps a block that came whole for <see cref="TryTake"/>.</summary>
    public void Hold(Block whole)
    {
        if (TryStrip(whole, context, _kept))
        {
            Hold(whole.Signature);
        }
    }

    /// <summary>Takes the next of what the client is to keep of the blocks of which it sees nothing; valid as long as this object.</summary>
    public bool TryTake(out JsonText token) => _tokens.TryDequeue(out token);

    /// <inheritdoc/>
    public void Dispose()
    {
        _words.Dispose();
        _kept.Dispose();
    }

    private void Hold(JsonText token)
    {
        if (!token.IsAbsent)
        {
            _tokens.Enqueue(token);
        }
    }

    private static JsonText Redacted(Block block, TranslationContext context, IrArena arena) =>
        ResponseSignatures.CanShow(context) ? Wrapped(SignatureUse.Redacted, block.Text, context, arena) : default;

    private static JsonText Token(JsonText signature, JsonText words, TranslationContext context, IrArena arena)
    {
        // Words without a signature are of use only to the providers that take them back so.
        bool isWanted = !signature.IsNullOrEmpty || (context.KeepsWords && !words.IsNullOrEmpty);
        bool isMarked = context.Thinking == ThinkingView.Wordless && ResponseSignatures.MarksUnsigned(context);
        if (!ResponseSignatures.CanShow(context) || !(isWanted || isMarked))
        {
            return default;
        }

        if (!isWanted || words.IsNullOrEmpty)
        {
            return Wrapped(SignatureUse.Thinking, signature, context, arena);
        }

        using var both = new PooledBuffer(signature.Span.Length + words.Span.Length + 1);
        both.Write(signature.Span);
        both.Write((byte)'\n');
        both.Write(words.Span);
        using var coded = new PooledBuffer(Base64Url.GetEncodedLength(both.Length));
        coded.Advance(Base64Url.EncodeToUtf8(both.Span, coded.GetSpan(Base64Url.GetEncodedLength(both.Length))));
        return Wrapped(SignatureUse.Hidden, new JsonText(coded.Memory), context, arena);
    }

    /// <summary>Takes the original of a <see cref="SignatureUse.Hidden"/> token apart. False when it was damaged.</summary>
    public static bool TrySplit(JsonText original, IrArena arena, out JsonText signature, out JsonText words)
    {
        using var both = new PooledBuffer(original.Span.Length + 1);
        bool isRead = Base64Url.DecodeFromUtf8(original.Span, both.GetSpan(original.Span.Length + 1), out _, out int length) == OperationStatus.Done;
        both.Advance(isRead ? length : 0);
        int end = both.Span.IndexOf((byte)'\n');
        signature = end <= 0 ? default : arena.StoreText(both.Span[..end]);
        words = end < 0 ? JsonText.Empty : arena.StoreText(both.Span[(end + 1)..]);
        return end >= 0;
    }

    // Never bare, so that it is recognised wherever it was moved.
    private static JsonText Wrapped(SignatureUse use, JsonText original, TranslationContext context, IrArena arena)
    {
        using var token = new PooledBuffer(original.Escaped.Length + 128);
        SignatureEnvelope.Wrap(context.Egress, use, context.Family, original, token);
        return arena.StoreText(token.Span);
    }
}

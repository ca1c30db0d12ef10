using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Signatures;

/// <summary>
/// Puts what a client must keep for the provider, but has no place for, into empty thinking blocks of a stream: the signature of a call before the
/// call where it comes in the same frame as the call's start, and after it otherwise; the signature of words after the words. It also begins the
/// reasoning that a client asked for and the provider does not give.
/// </summary>
internal sealed class ReasoningPlacement(TranslationContext context) : IDisposable
{
    private readonly StreamEvents _moved = new();
    private readonly IrArena _arena = new();
    private readonly Dictionary<int, BlockKind> _kinds = [];
    private readonly bool _carries = Carries(context);
    private bool _needsReasoning = context.NeedsReasoning;
    private int _nextIndex = int.MinValue;
    private int? _signedWords;
    private JsonText _wordsSignature;

    /// <summary>One for the stream of <paramref name="context"/>; null where nothing is ever moved.</summary>
    public static ReasoningPlacement? For(TranslationContext context) => Carries(context) || context.NeedsReasoning ? new(context) : null;

    /// <summary>The events of one frame with the signatures moved; valid until the next call.</summary>
    public StreamEvents Apply(StreamEvents frame)
    {
        if (!_carries && !_needsReasoning)
        {
            return frame;
        }

        _moved.Clear();
        _arena.Reset();
        for (int index = 0; index < frame.Count; index++)
        {
            ref readonly StreamEvent next = ref frame[index];
            if (next.Kind == StreamEventKind.BlockStart)
            {
                _kinds[next.Index] = next.Block;
            }

            EmitReasoning(next);
            if (next.Kind == StreamEventKind.MessageStop)
            {
                CarryWords();
            }

            if (!_carries || !TryCarry(frame, index))
            {
                _moved.Add(next.Kind) = next;
            }

            if (next.Kind == StreamEventKind.BlockStop && next.Index == _signedWords)
            {
                CarryWords();
            }
        }

        return _moved;
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private static bool Carries(TranslationContext context) =>
        ResponseSignatures.CarriesToolSignature(context) && context.Provider.Reasoning.CallSigner is not null;

    // True when the event was replaced.
    private bool TryCarry(StreamEvents frame, int index)
    {
        ref readonly StreamEvent next = ref frame[index];
        if (next is { Kind: StreamEventKind.BlockStart, Block: BlockKind.ToolUse } && SignatureAfter(frame, index) is { IsAbsent: false } early)
        {
            AddCarrier(SignatureUse.ToolCall, early);
            return false;
        }

        if (next.Kind != StreamEventKind.SignatureDelta || !_kinds.TryGetValue(next.Index, out BlockKind kind)
            || kind is not (BlockKind.ToolUse or BlockKind.Text))
        {
            return false;
        }

        if (kind == BlockKind.Text)
        {
            // More words may follow in the block, in frames for which these bytes are gone; a carrier among them would cut the block in two.
            _signedWords = next.Index;
            _wordsSignature = new JsonText(next.Text.Span.ToArray());
        }
        else if (!StartsIn(frame, next.Index))
        {
            AddCarrier(SignatureUse.Preceding, next.Text);
        }

        return true;
    }

    private void CarryWords()
    {
        if (_signedWords is not null)
        {
            AddCarrier(SignatureUse.Preceding, _wordsSignature);
            _signedWords = null;
        }
    }

    private static JsonText SignatureAfter(StreamEvents frame, int start)
    {
        for (int index = start + 1; index < frame.Count; index++)
        {
            if (frame[index].Kind == StreamEventKind.SignatureDelta && frame[index].Index == frame[start].Index)
            {
                return frame[index].Text;
            }
        }

        return default;
    }

    private static bool StartsIn(StreamEvents frame, int block)
    {
        for (int index = 0; index < frame.Count; index++)
        {
            if (frame[index].Kind == StreamEventKind.BlockStart && frame[index].Index == block)
            {
                return true;
            }
        }

        return false;
    }

    private void EmitReasoning(in StreamEvent next)
    {
        if (!_needsReasoning)
        {
            return;
        }

        BlockKind kind = _kinds.GetValueOrDefault(next.Index, BlockKind.Text);
        bool isContent = next.Kind switch
        {
            StreamEventKind.BlockStart => next.Block == BlockKind.ToolUse || next.Whole is not null,
            StreamEventKind.TextDelta => true,
            StreamEventKind.MessageStop => true,
            _ => false,
        };
        if (!isContent && kind != BlockKind.Thinking)
        {
            return;
        }

        _needsReasoning = false;
        if (kind != BlockKind.Thinking || next.Kind == StreamEventKind.MessageStop)
        {
            AddCarrier(SignatureUse.Thinking, default);
        }
    }

    private void AddCarrier(SignatureUse use, JsonText signature)
    {
        int block = _nextIndex++;
        _moved.AddStart(block, BlockKind.Thinking);
        ref StreamEvent carried = ref _moved.Add(StreamEventKind.SignatureDelta);
        carried.Index = block;
        carried.Origin = context.Egress;
        carried.Text = ResponseSignatures.Shown(context, use, signature, _arena);
        _moved.AddStop(block);
    }
}

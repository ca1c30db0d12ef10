using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation;

/// <summary>
/// Moves the signature of a streamed tool call into an empty thinking block before it, for clients whose calls have no place for one. Providers that sign
/// calls send the signature in the same frame as the start of the call.
/// </summary>
internal sealed class ToolSignatureCarrier(TranslationContext context) : IDisposable
{
    private readonly StreamEvents _moved = new();
    private readonly IrArena _arena = new();
    private int _nextIndex = int.MinValue;

    /// <summary>The events of one frame with the signatures moved; valid until the next call.</summary>
    public StreamEvents Apply(StreamEvents frame)
    {
        if (!ResponseSignatures.CarriesToolSignature(context) || !HasSignedCall(frame))
        {
            return frame;
        }

        _moved.Clear();
        _arena.Reset();
        for (int index = 0; index < frame.Count; index++)
        {
            ref readonly StreamEvent next = ref frame[index];
            if (IsCall(next) && SignatureOf(frame, next.Index) is { IsAbsent: false } signature)
            {
                AddCarrier(signature);
            }

            if (next.Kind != StreamEventKind.SignatureDelta || !IsCallIndex(frame, next.Index))
            {
                _moved.Add(next.Kind) = next;
            }
        }

        return _moved;
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private static bool IsCall(in StreamEvent next) => next is { Kind: StreamEventKind.BlockStart, Block: BlockKind.ToolUse };

    private static bool HasSignedCall(StreamEvents frame)
    {
        for (int index = 0; index < frame.Count; index++)
        {
            if (frame[index].Kind == StreamEventKind.SignatureDelta && IsCallIndex(frame, frame[index].Index))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsCallIndex(StreamEvents frame, int block)
    {
        for (int index = 0; index < frame.Count; index++)
        {
            if (IsCall(frame[index]) && frame[index].Index == block)
            {
                return true;
            }
        }

        return false;
    }

    private static JsonText SignatureOf(StreamEvents frame, int block)
    {
        for (int index = 0; index < frame.Count; index++)
        {
            if (frame[index].Kind == StreamEventKind.SignatureDelta && frame[index].Index == block)
            {
                return frame[index].Text;
            }
        }

        return default;
    }

    private void AddCarrier(JsonText signature)
    {
        int block = _nextIndex++;
        _moved.AddStart(block, BlockKind.Thinking);
        ref StreamEvent carried = ref _moved.Add(StreamEventKind.SignatureDelta);
        carried.Index = block;
        carried.Origin = context.Egress;
        carried.Text = ResponseSignatures.Shown(context, SignatureUse.ToolCall, signature, _arena);
        _moved.AddStop(block);
    }
}

using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Response;

/// <summary>
/// The events of a stream put together to a whole answer, for a provider that streams although nobody asked for it. Disposing gives all storage
/// back but the answer's.
/// </summary>
/// <param name="egress">The provider's protocol.</param>
/// <param name="response">Where the answer is put together.</param>
internal sealed class EventsAsWhole(Protocol egress, ChatResponse response) : IDisposable
{
    private readonly IStreamReader _reader = egress.NewStreamReader();
    private readonly BlockSequencer _sequencer = new();
    private readonly StreamEvents _read = new();
    private readonly StreamEvents _ordered = new();
    private readonly PooledBuffer _text = new(256);
    private Block? _open;
    private bool _isUnfit;

    /// <summary>The provider's terminal was seen, or the error it reported.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes one frame. False when something came that cannot be kept.</summary>
    public bool Feed(in Frame frame, ref Losses losses)
    {
        _read.Clear();
        _reader.Read(frame, _read);
        return Take(ref losses);
    }

    /// <summary>The provider's bytes have ended. False when they are no whole answer.</summary>
    public bool Complete(ref Losses losses)
    {
        if (!IsComplete)
        {
            _read.Clear();
            _reader.Complete(_read);
            Take(ref losses);
        }

        response.Source = egress.Id;
        response.Usage = _sequencer.Usage;
        response.Failure = _sequencer.Error;
        return !_isUnfit && (IsComplete || response.Failure is not null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _sequencer.Dispose();
        _text.Dispose();
    }

    private bool Take(ref Losses losses)
    {
        _ordered.Clear();
        _sequencer.Feed(_read, _ordered, ref losses);
        for (int index = 0; index < _ordered.Count; index++)
        {
            Take(ref _ordered[index]);
        }

        return !_isUnfit;
    }

    private void Take(ref StreamEvent next)
    {
        switch (next.Kind)
        {
            case StreamEventKind.MessageStart:
                response.Id = Kept(next.Id);
                response.Model = Kept(next.Model);
                response.Created = next.Created;
                break;
            case StreamEventKind.BlockStart:
                // What comes whole points at bytes that are gone with the next frame.
                _isUnfit |= next.Whole is not null;
                _open = response.Add(next.Block);
                _open.Id = Kept(next.Id);
                _open.Name = Kept(next.Name);
                _open.IsCustomTool = next.IsCustomTool;
                break;
            case StreamEventKind.TextDelta or StreamEventKind.InputDelta:
                _text.Write(next.Text.Span);
                break;
            case StreamEventKind.SignatureDelta when _open is not null:
                _open.Signature = Kept(next.Text);
                _open.Origin = next.Origin;
                break;
            case StreamEventKind.BlockStop when _open is not null:
                Close(_open);
                _open = null;
                _text.Clear();
                break;
            case StreamEventKind.MessageDelta:
                response.StopReason = next.StopReason == StopReason.None ? response.StopReason : next.StopReason;
                response.StopSequence = next.StopSequence.IsAbsent ? response.StopSequence : Kept(next.StopSequence);
                response.StopCategory = next.StopCategory.IsAbsent ? response.StopCategory : Kept(next.StopCategory);
                response.StopExplanation = next.StopExplanation.IsAbsent ? response.StopExplanation : Kept(next.StopExplanation);
                break;
            case StreamEventKind.MessageStop:
                IsComplete = true;
                break;
        }
    }

    private void Close(Block block)
    {
        JsonText text = response.Arena.StoreText(_text.Span);
        if (block.Kind != BlockKind.ToolUse)
        {
            block.Text = text;
        }
        else if (block.IsCustomTool)
        {
            block.InputText = text;
        }
        else
        {
            block.Input = text.IsNullOrEmpty ? JsonSlice.From("{}"u8) : response.Arena.StoreParsed(text);
            block.InputText = block.Input.IsAbsent ? text : default;
        }
    }

    private JsonText Kept(JsonText text) => text.IsAbsent ? default : response.Arena.StoreText(text.Span);
}

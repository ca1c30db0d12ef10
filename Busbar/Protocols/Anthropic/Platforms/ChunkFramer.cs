using System.Buffers;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>
/// Cuts the stream of <c>InvokeModelWithResponseStream</c> into the events of the model's own stream, named by their type. Exceptions stay as they
/// are.
/// </summary>
internal sealed class ChunkFramer : IFramer
{
    private readonly EventStreamFramer _messages = new();

    // What the frames that were handed out point at.
    private readonly List<byte[]> _decoded = [];

    /// <inheritdoc/>
    public long Received => _messages.Received;

    /// <inheritdoc/>
    public long FrameEnd => _messages.FrameEnd;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> LastAdvanced => _messages.LastAdvanced;

    /// <inheritdoc/>
    public void Rest()
    {
        GiveBack();
        _messages.Rest();
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint)
    {
        GiveBack();
        return _messages.GetMemory(sizeHint);
    }

    /// <inheritdoc/>
    public void Advance(int count) => _messages.Advance(count);

    /// <inheritdoc/>
    public FrameResult TryRead(out Frame frame)
    {
        FrameResult result = _messages.TryRead(out frame);
        if (result == FrameResult.Frame && !frame.IsException && frame.Is(Chunks.Name)
            && Chunks.Decode(frame.Data, ArrayPool<byte>.Shared, out int length) is { } decoded)
        {
            _decoded.Add(decoded);
            ReadOnlyMemory<byte> json = decoded.AsMemory(0, length);
            frame = new Frame(Chunks.TypeOf(json), json);
        }

        return result;
    }

    /// <inheritdoc/>
    public void Complete() => _messages.Complete();

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveBack();
        _messages.Dispose();
    }

    private void GiveBack()
    {
        foreach (byte[] array in _decoded)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        _decoded.Clear();
    }
}

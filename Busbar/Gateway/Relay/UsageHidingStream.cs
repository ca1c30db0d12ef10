using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>
/// A stream that passes through, without the usage that was asked for on the client's behalf (<see cref="StreamUsage"/>).
/// </summary>
internal sealed class UsageHidingStream(PassthroughStream passed, IUsageFilter filter) : IRelayedStream
{
    private readonly SseFramer _frames = new();
    private readonly PooledBuffer _output = new(4096);
    private bool _isRewritten;

    /// <inheritdoc/>
    public IFramer Framer => passed.Framer;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Fresh => _isRewritten ? _output.Memory : passed.Fresh;

    /// <inheritdoc/>
    public bool HasContent => passed.HasContent;

    /// <inheritdoc/>
    public bool IsComplete => passed.IsComplete;

    /// <inheritdoc/>
    public bool IsLast => passed.IsLast;

    /// <inheritdoc/>
    public StreamError? Error => passed.Error;

    /// <inheritdoc/>
    public Usage Usage => passed.Usage;

    /// <inheritdoc/>
    public long DeliveredText => passed.DeliveredText;

    /// <inheritdoc/>
    public FrameResult Take()
    {
        FrameResult result = passed.Take();
        Hide(isEnd: false);
        return result;
    }

    /// <inheritdoc/>
    public FrameResult Complete()
    {
        FrameResult result = passed.Complete();
        Hide(isEnd: true);
        return result;
    }

    /// <inheritdoc/>
    public void Sent()
    {
        passed.Sent();
        _output.Clear();
        _isRewritten = false;
    }

    /// <inheritdoc/>
    public void Fail(in GatewayError error) => passed.Fail(error);

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output) => passed.WriteKeepAlive(output);

    /// <inheritdoc/>
    public void Dispose()
    {
        passed.Dispose();
        _frames.Dispose();
        filter.Dispose();
        _output.Dispose();
    }

    // What is fresh are whole frames, so it can be cut once more; most of it has no usage and goes on as it is.
    private void Hide(bool isEnd)
    {
        ReadOnlyMemory<byte> fresh = passed.Fresh;
        if (fresh.Span.IndexOf("\"usage\""u8) < 0)
        {
            return;
        }

        _isRewritten = true;
        long start = _frames.Received;
        fresh.CopyTo(_frames.GetMemory(fresh.Length));
        _frames.Advance(fresh.Length);
        if (isEnd)
        {
            _frames.Complete();
        }

        int at = 0;
        while (_frames.TryRead(out Frame frame) == FrameResult.Frame)
        {
            int end = (int)(_frames.FrameEnd - start);
            Write(fresh.Span[at..end], frame.Data);
            at = end;
        }

        _output.Write(fresh.Span[at..]);
    }

    private void Write(ReadOnlySpan<byte> raw, ReadOnlyMemory<byte> data)
    {
        (int start, int length) = filter.Hidden(data);
        if (length == data.Length && length > 0)
        {
            return;
        }

        // Data in several lines stands nowhere as it was joined; such a frame keeps its usage.
        int at = length == 0 ? -1 : raw.IndexOf(data.Span);
        if (at < 0)
        {
            _output.Write(raw);
            return;
        }

        _output.Write(raw[..(at + start)]);
        _output.Write(raw[(at + start + length)..]);
    }
}

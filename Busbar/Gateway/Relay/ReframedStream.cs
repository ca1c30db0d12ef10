using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Gateway.Relay;

/// <summary>
/// A stream of the client's protocol in another platform's frame: its events go on as they are, framed again, with a tap beside them.
/// </summary>
internal sealed class ReframedStream : IRelayedStream
{
    private readonly Attempt _attempt;
    private readonly Protocol _client;
    private readonly StreamContext _context;
    private readonly IStreamTap _tap;
    private readonly PooledBuffer _output = new(1024);
    private readonly TextMeter? _meter;
    private readonly bool _hasOwnedIds;

    /// <summary>For the answer of <paramref name="attempt"/>.</summary>
    public ReframedStream(Attempt attempt)
    {
        _attempt = attempt;
        _client = attempt.Exchange.Ingress;
        _context = TranslatedStream.ContextOf(attempt);
        _tap = attempt.Endpoint.Protocol.NewStreamTap();
        _meter = TextMeter.For(attempt);
        _hasOwnedIds = StoredIds.AreOwned(attempt);
        Framer = attempt.Endpoint.Protocol.NewFramer();
    }

    /// <inheritdoc/>
    public IFramer Framer { get; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Fresh => _output.Memory;

    /// <inheritdoc/>
    public bool HasContent => _tap.HasContent;

    /// <inheritdoc/>
    public bool IsComplete => _tap.IsComplete;

    /// <inheritdoc/>
    public bool IsLast => _tap.IsLast;

    /// <inheritdoc/>
    public StreamError? Error => _tap.Error;

    /// <inheritdoc/>
    public Usage Usage => _tap.Usage;

    /// <inheritdoc/>
    public long DeliveredText => _meter?.Bytes ?? 0;

    /// <inheritdoc/>
    public FrameResult Take()
    {
        FrameResult result;
        while ((result = Framer.TryRead(out Frame frame)) == FrameResult.Frame)
        {
            Take(frame);
        }

        return result;
    }

    /// <inheritdoc/>
    public FrameResult Complete()
    {
        Framer.Complete();
        return Take();
    }

    /// <inheritdoc/>
    public void Sent()
    {
        _output.Clear();
        _output.Release();
    }

    /// <inheritdoc/>
    public void Fail(in GatewayError error)
    {
        using IStreamWriter writer = _client.NewStreamWriter(_context);
        writer.WriteError(error, _output);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output)
    {
        if (!_tap.IsComplete && _tap.Error is null)
        {
            using IStreamWriter writer = _client.NewStreamWriter(_context);
            writer.WriteKeepAlive(output);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Framer.Dispose();
        _output.Dispose();
    }

    // Errors are told by Fail, in the client's form.
    private void Take(in Frame frame)
    {
        bool hadError = _tap.Error is not null;
        _tap.Observe(frame);
        _meter?.Add(frame.Data.Span);
        if (_hasOwnedIds && StoredIds.MayBeIn(frame))
        {
            StoredIds.Remember(_attempt, frame.Data);
        }

        if (!hadError && _tap.Error is null && !frame.Data.IsEmpty)
        {
            _client.WriteFrame(frame, _tap.Usage, _context, _output);
        }
    }
}

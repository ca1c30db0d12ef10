using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Relay;

/// <summary>A same-protocol stream: the provider's bytes as they come, cut only at frame ends, with a tap beside them.</summary>
internal sealed class PassthroughStream : IRelayedStream
{
    private readonly Attempt _attempt;
    private readonly IStreamTap _tap;
    private readonly PooledBuffer _partial = new();
    private readonly TextMeter? _meter;
    private readonly bool _hasOwnedIds;
    private long _forwarded;
    private bool _fromPartial;
    private bool _isWrapped;
    private bool _isToRemember;
    private bool _isWhole;

    /// <summary>For the answer of <paramref name="attempt"/>.</summary>
    public PassthroughStream(Attempt attempt)
    {
        _attempt = attempt;
        _tap = attempt.Endpoint.Protocol.NewStreamTap();
        _meter = TextMeter.For(attempt);
        _isToRemember = StoredResponseRouting.IsKept(attempt);
        _hasOwnedIds = StoredIds.AreOwned(attempt);
        Framer = attempt.Exchange.WantsJsonArray && attempt.Response.Head.Get("Content-Type") is { } type
            ? attempt.Endpoint.Protocol.NewFramer(type)
            : attempt.Endpoint.Protocol.NewFramer();
    }

    /// <inheritdoc/>
    public IFramer Framer { get; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Fresh { get; private set; }

    /// <inheritdoc/>
    public bool HasContent => _tap.HasContent;

    /// <inheritdoc/>
    public bool IsComplete => _tap.IsComplete || _isWhole;

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
        ReadOnlyMemory<byte> arrived = Framer.LastAdvanced;
        FrameResult result = Observe();
        int whole = (int)(Framer.FrameEnd - _forwarded);
        _forwarded = Framer.FrameEnd;
        if (Framer is JsonArrayFramer { IsBare: true })
        {
            Wrap(arrived.Span, whole);
            return result;
        }

        if (_partial.Length == 0)
        {
            // The usual case: whole frames arrived, and go on from where they were received.
            Fresh = arrived[..whole];
            _partial.Write(arrived.Span[whole..]);
            return result;
        }

        _partial.Write(arrived.Span);
        _fromPartial = true;
        Fresh = _partial.Memory[..whole];
        return result;
    }

    // The client reads an array, and the provider sent its only element bare.
    private void Wrap(ReadOnlySpan<byte> arrived, int whole)
    {
        if (!_isWrapped)
        {
            _isWrapped = true;
            _partial.Write((byte)'[');
        }

        _partial.Write(arrived);
        _fromPartial = true;
        bool isOver = whole > 0;
        if (isOver)
        {
            _partial.Write((byte)']');
        }

        Fresh = isOver ? _partial.Memory : default;
    }

    /// <inheritdoc/>
    public FrameResult Complete()
    {
        Framer.Complete();
        FrameResult result = Observe();

        // Nobody here knows how a model's own stream ends; one that ends behind a message has ended.
        _isWhole = _attempt.Exchange.Route.Operation == Operation.Invoke && _tap is { HasContent: true, Error: null }
            && result == FrameResult.NeedMore;
        int whole = _isWrapped ? _partial.Length : (int)(Framer.FrameEnd - _forwarded);
        _forwarded = Framer.FrameEnd;
        _fromPartial = true;
        Fresh = _partial.Memory[..whole];
        return result;
    }

    /// <inheritdoc/>
    public void Sent()
    {
        if (_fromPartial)
        {
            _partial.Consume(Fresh.Length);
            _partial.Release();
            _fromPartial = false;
        }

        Fresh = default;
    }

    /// <inheritdoc/>
    public void Fail(in GatewayError error)
    {
        if (_tap.Error is not null)
        {
            return;
        }

        bool isArray = Framer is JsonArrayFramer;
        using IStreamWriter writer = _attempt.Endpoint.Protocol.NewStreamWriter(TranslatedStream.ContextOf(_attempt) with { JsonArray = isArray });
        _partial.Clear();
        writer.WriteError(error, _partial);
        if (isArray && _forwarded > 0)
        {
            // The array is open already: the error is its next element, not the first of a new one.
            byte[] rest = _partial.Span[1..].ToArray();
            _partial.Clear();
            _partial.Write((byte)',');
            _partial.Write(rest);
        }

        _fromPartial = true;
        Fresh = _partial.Memory;
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output)
    {
        if (!_tap.IsComplete && _tap.Error is null)
        {
            using IStreamWriter writer = _attempt.Endpoint.Protocol.NewStreamWriter(TranslatedStream.ContextOf(_attempt));
            writer.WriteKeepAlive(output);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Framer.Dispose();
        _partial.Dispose();
    }

    private FrameResult Observe()
    {
        FrameResult result;
        while ((result = Framer.TryRead(out Frame frame)) == FrameResult.Frame)
        {
            _tap.Observe(frame);
            _meter?.Add(frame.Data.Span);
            if (_isToRemember)
            {
                // The first event has the whole answer's name; a comment before it has none.
                _isToRemember = !StoredResponseRouting.Remember(_attempt, frame.Data);
            }

            if (_hasOwnedIds && StoredIds.MayBeIn(frame))
            {
                StoredIds.Remember(_attempt, frame.Data);
            }
        }

        return result;
    }
}

using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Gateway.Relay;

/// <summary>A cross-protocol stream: frames become events, events become the client's frames.</summary>
internal sealed class TranslatedStream : IRelayedStream
{
    private readonly Attempt _attempt;
    private readonly StreamTranslation _translation;
    private readonly PooledBuffer _output = new(1024);
    private readonly TextMeter? _meter;
    private bool _isKept;

    /// <summary>For the answer of <paramref name="attempt"/>.</summary>
    public TranslatedStream(Attempt attempt)
    {
        _attempt = attempt;
        _meter = TextMeter.For(attempt);
        Framer = attempt.Endpoint.Protocol.NewFramer();
        _translation = new StreamTranslation(attempt.Endpoint.Protocol, attempt.Exchange.Ingress, attempt.Translation!, ContextOf(attempt));
    }

    /// <inheritdoc/>
    public IFramer Framer { get; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Fresh => _output.Memory;

    /// <inheritdoc/>
    public bool HasContent => _translation.HasContent;

    /// <inheritdoc/>
    public bool IsComplete => _translation.IsComplete;

    /// <inheritdoc/>
    public bool IsLast => IsComplete;

    /// <inheritdoc/>
    public StreamError? Error => _translation.Error;

    /// <inheritdoc/>
    public Usage Usage => _translation.Usage;

    /// <inheritdoc/>
    public long DeliveredText => _meter?.Bytes ?? 0;

    /// <summary>What a stream writer must know of the request.</summary>
    public static StreamContext ContextOf(Attempt attempt)
    {
        Exchange exchange = attempt.Exchange;
        var identity = new ResponseIdentity(
            exchange.Ingress.NewResponseId(),
            exchange.Snapshot.Time.GetUtcNow().ToUnixTimeSeconds(),
            attempt.Endpoint.Target.WireModelText);
        long likely = exchange.Ingress.Traffic.StartsWithUsage && attempt.IsTranslated && exchange.Body is { } body
            ? InputEstimate.Likely(body.Span) : 0;
        return new StreamContext(identity, exchange.WantsStreamUsage, exchange.WantsJsonArray, () => (long)exchange.Elapsed.TotalMilliseconds,
            likely);
    }

    /// <summary>Feeds a whole answer through, for a provider that answered a streaming request with one body.</summary>
    public void Feed(ChatResponse whole)
    {
        _translation.Feed(whole, _output);
        Keep();
    }

    /// <inheritdoc/>
    public FrameResult Take()
    {
        FrameResult result;
        while ((result = Framer.TryRead(out Frame frame)) == FrameResult.Frame)
        {
            _translation.Feed(frame, _output);
            _meter?.Add(frame.Data.Span);
        }

        Keep();
        return result;
    }

    /// <inheritdoc/>
    public FrameResult Complete()
    {
        Framer.Complete();
        FrameResult result = Take();
        _translation.Complete(_output);
        Keep();
        return result;
    }

    // The last event repeats the whole answer.
    private void Keep()
    {
        if (_isKept || !IsComplete || _attempt.KeptInput is not { } input)
        {
            return;
        }

        _isKept = true;
        int last = _output.Span.LastIndexOf("\ndata: "u8);
        if (last >= 0)
        {
            KeptAnswers.Keep(_attempt.Exchange, input, _output.Memory[(last + "\ndata: ".Length)..]);
        }
    }

    /// <inheritdoc/>
    public void Sent()
    {
        _output.Clear();
        _output.Release();
    }

    /// <inheritdoc/>
    public void Fail(in GatewayError error) => _translation.WriteError(error, _output);

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output) => _translation.WriteKeepAlive(output);

    /// <inheritdoc/>
    public void Dispose()
    {
        _attempt.Translation!.Losses.Add(_translation.Losses);
        _translation.Dispose();
        Framer.Dispose();
        _output.Dispose();
    }
}

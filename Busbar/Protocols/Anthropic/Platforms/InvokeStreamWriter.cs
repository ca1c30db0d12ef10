using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>Writes a stream of <c>InvokeModelWithResponseStream</c>: the model's events as chunks, errors as the service's exceptions.</summary>
internal sealed class InvokeStreamWriter(StreamContext context) : IStreamWriter
{
    private readonly StreamWriter _events = new(context);
    private readonly PooledBuffer _sse = new(512);
    private Usage _usage;

    /// <inheritdoc/>
    public Losses Losses => _events.Losses;

    /// <inheritdoc/>
    public void Write(in StreamEvent streamEvent, PooledBuffer output)
    {
        if (streamEvent.Kind is StreamEventKind.MessageStart or StreamEventKind.MessageDelta)
        {
            _usage.Merge(streamEvent.Usage);
        }

        if (streamEvent.Kind == StreamEventKind.MessageStop)
        {
            WriteStop("{\"type\":\"message_stop\"}"u8, _usage, context, output);
            return;
        }

        _events.Write(streamEvent, _sse);
        Flush(output);
    }

    /// <inheritdoc/>
    public void WriteError(in GatewayError error, PooledBuffer output)
    {
        using var payload = new PooledBuffer(256);
        var json = new JsonWriter(payload);
        json.StartObject();
        json.String("message"u8, Bedrock.Exceptions.MessageOf(error));
        json.EndObject();
        EventStreamWriter.TryWriteException(output, Bedrock.Exceptions.StreamNameOf(error.Kind), payload.Span);
    }

    /// <inheritdoc/>
    public void WriteKeepAlive(PooledBuffer output)
    {
        _events.WriteKeepAlive(_sse);
        Flush(output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events.Dispose();
        _sse.Dispose();
    }

    /// <summary>Appends the last event, <paramref name="json"/>, with the counts that the service adds to it.</summary>
    public static void WriteStop(ReadOnlySpan<byte> json, in Usage usage, StreamContext context, PooledBuffer output)
    {
        using var stop = new PooledBuffer(json.Length + 256);
        stop.Write(json[..json.LastIndexOf((byte)'}')]);
        var counts = new JsonWriter(stop);
        counts.StartObject("amazon-bedrock-invocationMetrics"u8);
        counts.Number("inputTokenCount"u8, usage.Input);
        counts.Number("outputTokenCount"u8, usage.Output);
        counts.Number("invocationLatency"u8, context.ElapsedMilliseconds());
        if (usage.CacheRead > 0 || usage.CacheWrite > 0)
        {
            counts.Number("cacheReadInputTokenCount"u8, usage.CacheRead);
            counts.Number("cacheWriteInputTokenCount"u8, usage.CacheWrite);
        }

        counts.EndObject();
        stop.Write((byte)'}');
        Chunks.Write(stop.Span, output);
    }

    // The events are written here, so their form is known: a line with the name, one with the data, an empty one.
    private void Flush(PooledBuffer output)
    {
        ReadOnlySpan<byte> rest = _sse.Span;
        while (rest.IndexOf("\ndata: "u8) is >= 0 and var at)
        {
            rest = rest[(at + "\ndata: ".Length)..];
            int end = rest.IndexOf((byte)'\n');
            Chunks.Write(rest[..end], output);
            rest = rest[end..];
        }

        _sse.Clear();
    }
}

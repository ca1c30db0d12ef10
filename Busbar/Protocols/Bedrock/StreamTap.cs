using System.Buffers;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Anthropic.Platforms;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>Watches a stream that passes unchanged. The event's name decides; only the end, metadata and exceptions are parsed.</summary>
internal sealed class StreamTap : IStreamTap
{
    private Usage _usage;

    /// <inheritdoc/>
    public bool HasContent { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public bool IsLast { get; private set; }

    /// <inheritdoc/>
    public StreamError? Error { get; private set; }

    /// <inheritdoc/>
    public Usage Usage => _usage;

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        if (frame.IsException)
        {
            using var tape = new JsonTape();
            tape.TryParse(frame.Data);
            Error ??= ErrorReader.ReadException(frame.Name.Span, tape.Root);
        }
        else if (frame.Is("contentBlockDelta"u8) || frame.Is("contentBlockStart"u8))
        {
            HasContent = true;
        }
        else if (frame.Is("chunk"u8))
        {
            ObserveChunk(frame);
        }
        else if (frame.Is("messageStop"u8))
        {
            using var tape = new JsonTape();
            Error ??= tape.TryParse(frame.Data) ? AnswerEnd.Failure(StopReasons.Read(tape.Root["stopReason"u8].Text), default) : null;
            IsComplete = Error is null;
            HasContent |= IsComplete;
        }
        else if (frame.Is("metadata"u8))
        {
            IsLast = IsComplete;
            using var tape = new JsonTape();
            if (tape.TryParse(frame.Data))
            {
                _usage.Merge(UsageFields.Read(tape.Root["usage"u8]).In(tape.Root["serviceTier"u8]["type"u8].Text));
            }
        }
    }

    // Of what InvokeModel streams only the service's own counts are known here, which it adds to the last event of any model.
    private void ObserveChunk(in Frame frame)
    {
        HasContent = true;
        if (Chunks.Decode(frame.Data, ArrayPool<byte>.Shared, out int length) is not { } decoded)
        {
            return;
        }

        ReadOnlyMemory<byte> json = decoded.AsMemory(0, length);
        if (json.Span.IndexOf("\"amazon-bedrock-invocationMetrics\""u8) >= 0)
        {
            using var tape = new JsonTape();
            JsonNode counts = tape.TryParse(json) ? tape.Root["amazon-bedrock-invocationMetrics"u8] : default;
            _usage.Merge(UsageFields.ReadInvocation(counts));
            IsComplete = IsLast = counts.IsObject;
        }

        ArrayPool<byte>.Shared.Return(decoded);
    }
}

using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Watches a stream that passes unchanged. The event name decides; only frames that carry usage or an error are parsed.</summary>
internal sealed class StreamTap : IStreamTap
{
    private Usage _usage;

    /// <inheritdoc/>
    public bool HasContent { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public StreamError? Error { get; private set; }

    /// <inheritdoc/>
    public Usage Usage => _usage;

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        if (frame.Is("content_block_delta"u8) || frame.Is("content_block_start"u8))
        {
            HasContent = true;
        }
        else if (frame.Is("message_stop"u8))
        {
            IsComplete = true;
        }
        else if (frame.Is("message_start"u8) || frame.Is("message_delta"u8) || frame.Is("error"u8) || frame.Name.IsEmpty)
        {
            Parse(frame);
        }
    }

    private void Parse(in Frame frame)
    {
        using var tape = new JsonTape();
        if (!frame.Data.Span.StartsWith((byte)'{') || !tape.TryParse(frame.Data))
        {
            return;
        }

        JsonNode root = tape.Root;
        JsonText type = root["type"u8].Text;
        if (type.Is("message_start"u8))
        {
            HasContent |= root["message"u8]["content"u8].Items.MoveNext();
            _usage.Merge(UsageFields.Read(root["message"u8]["usage"u8]));
        }
        else if (type.Is("message_delta"u8))
        {
            Error ??= AnswerEnd.Failure(StopReasons.Read(root["delta"u8]["stop_reason"u8].Text), default);
            HasContent |= Error is null;
            _usage.Merge(UsageFields.Read(root["usage"u8]));
        }
        else if (ErrorReader.Is(root))
        {
            Error ??= ErrorReader.ReadStreamError(root);
        }
        else if (type.Is("message_stop"u8))
        {
            IsComplete = true;
        }
        else
        {
            HasContent |= type.Span.StartsWith("content_block_"u8);
        }
    }
}

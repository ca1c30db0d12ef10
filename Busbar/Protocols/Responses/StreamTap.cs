using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>Watches a response stream. Only terminal and error frames are parsed.</summary>
internal sealed class StreamTap : IStreamTap
{
    /// <inheritdoc/>
    public bool HasContent { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete { get; private set; }

    /// <inheritdoc/>
    public StreamError? Error { get; private set; }

    /// <inheritdoc/>
    public Usage Usage { get; private set; }

    /// <inheritdoc/>
    public void Observe(in Frame frame)
    {
        ReadOnlySpan<byte> name = frame.Name.Span;
        if (!name.StartsWith("response."u8) && !name.SequenceEqual("error"u8))
        {
            name = TypeIn(frame.Data.Span);
        }

        if (name.SequenceEqual("response.completed"u8) || name.SequenceEqual("response.incomplete"u8))
        {
            HasContent = true;
            IsComplete = true;
            ReadTerminal(frame.Data);
        }
        else if (name.SequenceEqual("response.failed"u8) || name.SequenceEqual("error"u8))
        {
            ReadError(frame.Data);
        }
        else if (!HasContent && name.StartsWith("response."u8))
        {
            HasContent = !IsPrelude(name, frame.Data.Span);
        }
    }

    private static bool IsPrelude(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data) =>
        name.SequenceEqual("response.created"u8)
        || name.SequenceEqual("response.queued"u8)
        || name.SequenceEqual("response.in_progress"u8)
        || name.SequenceEqual("response.content_part.added"u8)
        || (name.SequenceEqual("response.output_item.added"u8) && IsMessage(data));

    private static bool IsMessage(ReadOnlySpan<byte> data) => data.IndexOf("\"type\":\"message\""u8) >= 0
        || data.IndexOf("\"type\": \"message\""u8) >= 0;

    // The event's own type is the only string in it that names an event and stands right after a member called type: quotes inside
    // other strings are escaped.
    private static ReadOnlySpan<byte> TypeIn(ReadOnlySpan<byte> data)
    {
        while (true)
        {
            int found = data.IndexOf("\"type\""u8);
            if (found < 0)
            {
                return default;
            }

            data = data[(found + "\"type\""u8.Length)..].TrimStart(" \t\n"u8);
            ReadOnlySpan<byte> value = data.StartsWith(":"u8) ? data[1..].TrimStart(" \t\n"u8) : default;
            if (value.StartsWith("\"response."u8) || value.StartsWith("\"error\""u8))
            {
                value = value[1..];
                int end = value.IndexOf((byte)'"');
                return end < 0 ? default : value[..end];
            }
        }
    }

    private void ReadTerminal(ReadOnlyMemory<byte> data)
    {
        using var tape = new JsonTape();
        if (tape.TryParse(data))
        {
            Usage = UsageFields.Read(tape.Root["response"u8]["usage"u8]).In(tape.Root["response"u8]["service_tier"u8].Text);
        }
    }

    private void ReadError(ReadOnlyMemory<byte> data)
    {
        using var tape = new JsonTape();
        if (Error is not null || !tape.TryParse(data))
        {
            Error ??= new StreamError(FaultClass.ServerError, default);
            return;
        }

        JsonNode root = tape.Root;
        JsonNode failed = root["response"u8]["error"u8];
        Error = ErrorReader.ReadInBand(failed.IsObject ? failed : root);
    }
}

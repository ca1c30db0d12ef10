using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>One event being written: its <c>event:</c> line, then a <c>data:</c> object that names its type again.</summary>
internal readonly struct EventFrame
{
    private readonly int _start;

    private EventFrame(int start, JsonWriter json)
    {
        _start = start;
        Json = json;
    }

    /// <summary>Writes into the open object.</summary>
    public JsonWriter Json { get; }

    /// <summary>Opens an event of <paramref name="type"/>.</summary>
    public static EventFrame Begin(ReadOnlySpan<byte> type, PooledBuffer output)
    {
        int start = output.Length;
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: "u8);
        var json = new JsonWriter(output);
        json.StartObject();
        json.Literal("type"u8, type);
        return new(start, json);
    }

    /// <summary>Opens an event about the part numbered <paramref name="index"/>, down to the <c>message</c> in its <c>delta</c>.</summary>
    public static EventFrame BeginDelta(ReadOnlySpan<byte> type, int index, PooledBuffer output)
    {
        EventFrame frame = Begin(type, output);
        frame.Json.Number("index"u8, index);
        frame.Json.StartObject("delta"u8);
        frame.Json.StartObject("message"u8);
        return frame;
    }

    /// <summary>Writes an event that says nothing but <paramref name="index"/>.</summary>
    public static void WriteIndexed(ReadOnlySpan<byte> type, int index, PooledBuffer output)
    {
        EventFrame frame = Begin(type, output);
        frame.Json.Number("index"u8, index);
        frame.End();
    }

    /// <summary>Closes what <see cref="BeginDelta"/> opened.</summary>
    public void EndDelta()
    {
        Json.EndObject();
        Json.EndObject();
        End();
    }

    /// <summary>Closes the event.</summary>
    public void End()
    {
        PooledBuffer output = Json.Output;
        output.Write("}\n\n"u8);
        if (output.Span[_start..].IndexOf(Done) >= 0)
        {
            Conceal(output);
        }
    }

    // The vendor's client takes any line with this text for the end of the stream. It can only stand inside a string, where a bracket may be an
    // escape.
    private void Conceal(PooledBuffer output)
    {
        ReadOnlySpan<byte> rest = output.Span[_start..].ToArray();
        output.Truncate(_start);
        for (int at = rest.IndexOf(Done); at >= 0; at = rest.IndexOf(Done))
        {
            output.Write(rest[..at]);
            output.Write("\\u005b"u8);
            rest = rest[(at + 1)..];
        }

        output.Write(rest);
    }

    private static ReadOnlySpan<byte> Done => "[DONE]"u8;
}

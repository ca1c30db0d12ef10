using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>
/// The <c>chunk</c> events of <c>InvokeModelWithResponseStream</c>: <c>{"bytes":"…"}</c>, in base64 one event of the model's own stream.
/// </summary>
internal static class Chunks
{
    /// <summary>Name of the event.</summary>
    public static ReadOnlySpan<byte> Name => "chunk"u8;

    /// <summary>Appends <paramref name="json"/> as one chunk.</summary>
    public static void Write(ReadOnlySpan<byte> json, PooledBuffer output)
    {
        ReadOnlySpan<byte> before = "{\"bytes\":\""u8, after = "\"}"u8;
        int length = before.Length + Base64.GetMaxEncodedToUtf8Length(json.Length) + after.Length;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        Span<byte> payload = rented.AsSpan(0, length);
        before.CopyTo(payload);
        Base64.EncodeToUtf8(json, payload[before.Length..], out _, out _);
        after.CopyTo(payload[^after.Length..]);
        EventStreamWriter.TryWriteEvent(output, Name, payload);
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>
    /// Decodes the event in <paramref name="payload"/> into an array from <paramref name="pool"/>. Null where it holds none; otherwise the caller
    /// returns the array.
    /// </summary>
    public static byte[]? Decode(ReadOnlyMemory<byte> payload, ArrayPool<byte> pool, out int length)
    {
        length = 0;
        if (!TopLevelMember.TryFind(payload, "bytes"u8, out JsonSlice value) || !value.IsString)
        {
            return null;
        }

        JsonText text = value.AsText();
        using PooledBuffer? plain = text.HasEscapes ? new PooledBuffer(text.Span.Length) : null;
        if (plain is not null)
        {
            JsonEscaping.Unescape(text.Span, plain);
        }

        ReadOnlySpan<byte> encoded = plain is null ? text.Span : plain.Span;
        byte[] decoded = pool.Rent(Base64.GetMaxDecodedFromUtf8Length(encoded.Length));
        if (Base64.DecodeFromUtf8(encoded, decoded, out _, out length) == OperationStatus.Done)
        {
            return decoded;
        }

        pool.Return(decoded);
        return null;
    }

    /// <summary>The <c>type</c> of an event, which stands first in it; empty where it does not.</summary>
    public static ReadOnlyMemory<byte> TypeOf(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        try
        {
            if (reader.Read() && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("type"u8) && reader.Read()
                && reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
            {
                return json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            }
        }
        catch (JsonException)
        {
            // Whoever reads the frame sees what it is.
        }

        return default;
    }
}

using System.Buffers.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>Bytes as JSON: base64 text.</summary>
internal static class Blob
{
    /// <summary>Writes the characters of <paramref name="text"/> in UTF-8 as a blob, as the value of <paramref name="name"/>.</summary>
    public static void Write(ReadOnlySpan<byte> name, JsonText text, JsonWriter output)
    {
        using var plain = new PooledBuffer(text.Escaped.Length + 1);
        JsonEscaping.Unescape(text.Span, plain);
        output.Literal(name, default);
        PooledBuffer target = output.Output;
        target.Truncate(target.Length - 1);
        int most = Base64.GetMaxEncodedToUtf8Length(plain.Length);
        Base64.EncodeToUtf8(plain.Span, target.GetSpan(most + 1), out _, out int written);
        target.Advance(written);
        target.Write((byte)'"');
    }
}

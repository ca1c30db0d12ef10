using System.Buffers;
using System.Buffers.Text;
using Busbar.Ir;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>
/// The <c>redactedContent</c> blob. On the wire it is base64 of bytes, and what Claude puts there is its own base64 text (the <c>data</c> of
/// Messages), so that text is unwrapped once on the way in and wrapped once on the way out.
/// </summary>
internal static class RedactedContent
{
    private static readonly SearchValues<byte> Base64Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="u8);

    /// <summary>The text inside <paramref name="blob"/>. False, with the blob itself as the text, when it holds no such text.</summary>
    public static bool TryRead(JsonText blob, IrArena arena, out JsonText text)
    {
        text = blob;
        if (SignatureEnvelope.Is(blob))
        {
            return true;
        }

        using var plain = new PooledBuffer(blob.Escaped.Length + 1);
        JsonEscaping.Unescape(blob.Span, plain);
        using var decoded = new PooledBuffer(plain.Length + 1);
        if (Base64.DecodeFromUtf8(plain.Span, decoded.GetSpan(plain.Length + 1), out _, out int written) != OperationStatus.Done)
        {
            return false;
        }

        decoded.Advance(written);
        if (written == 0 || decoded.Span.ContainsAnyExcept(Base64Letters))
        {
            return false;
        }

        text = arena.StoreText(decoded.Span);
        return true;
    }

    /// <summary>
    /// Writes <paramref name="text"/> as the value of <c>redactedContent</c>. What was wrapped for safekeeping is base64 as it stands.
    /// </summary>
    public static void Write(JsonText text, JsonWriter output)
    {
        if (SignatureEnvelope.Is(text))
        {
            output.Text("redactedContent"u8, text);
        }
        else
        {
            Blob.Write("redactedContent"u8, text, output);
        }
    }
}

using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>Base64 data URIs (RFC 2397), cut without copying.</summary>
internal static class DataUri
{
    /// <summary>
    /// Splits <c>data:TYPE[;…];base64,DATA</c> into the media fields of <paramref name="block"/>. False, with the block untouched, for every
    /// other address.
    /// </summary>
    public static bool TryRead(JsonText address, Block block)
    {
        ReadOnlySpan<byte> text = address.Span;
        if (!text.StartsWith("data:"u8))
        {
            return false;
        }

        int comma = text.IndexOf((byte)',');
        if (comma < 0 || !text[..comma].EndsWith(";base64"u8))
        {
            return false;
        }

        int typeEnd = text.IndexOf((byte)';');
        block.Source = MediaSource.Base64;
        block.MediaType = address[5..typeEnd];
        block.Data = address[(comma + 1)..];
        return true;
    }

    /// <summary>Writes such an address as the value of <paramref name="name"/>.</summary>
    public static void Write(ReadOnlySpan<byte> name, Block block, ReadOnlySpan<byte> defaultType, JsonWriter output)
    {
        output.Name(name);
        PooledBuffer raw = output.Output;
        raw.Write("\"data:"u8);
        raw.Write(block.MediaType.IsNullOrEmpty ? defaultType : block.MediaType.Span);
        raw.Write(";base64,"u8);
        raw.Write(block.Data.Span);
        raw.Write((byte)'"');
    }
}

using System.Text;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>Citations as <c>url_citation</c> annotations, whose positions count Unicode scalar values of the joined answer text.</summary>
internal static class Annotations
{
    /// <summary>Reads one annotation; false for kinds without an address.</summary>
    public static bool TryRead(JsonNode annotation, out Citation citation)
    {
        citation = Citation.New(CitationKind.Web, ProtocolId.OpenAI);
        JsonNode fields = annotation["url_citation"u8];
        if (fields["url"u8].Text.IsNullOrEmpty)
        {
            return false;
        }

        citation.Raw = annotation.Raw;
        citation.Url = fields["url"u8].Text;
        citation.Title = fields["title"u8].Text;
        long start = fields["start_index"u8].Integer ?? -1;
        long end = fields["end_index"u8].Integer ?? -1;
        if (start >= 0 && end >= start)
        {
            citation.TextStart = start;
            citation.TextEnd = end;
        }

        return true;
    }

    /// <summary>Reads one entry of a host's <c>citations</c> list, a bare address; false when it is none.</summary>
    public static bool TryReadAddress(JsonNode source, out Citation citation)
    {
        citation = Citation.New(CitationKind.Web, ProtocolId.OpenAI);
        citation.Url = source.IsObject ? source["url"u8].Text : source.Text;
        citation.Title = source["title"u8].Text;
        return citation.Url.Span.StartsWith("http"u8);
    }

    /// <summary>
    /// Writes <paramref name="citation"/> of a block that spans <paramref name="blockStart"/> to <paramref name="blockEnd"/> of the joined
    /// text as the next value. A citation without a position covers its block. False, with nothing written, when it has no address.
    /// </summary>
    public static bool TryWrite(in Citation citation, long blockStart, long blockEnd, JsonWriter output)
    {
        if (citation.Url.IsNullOrEmpty)
        {
            return false;
        }

        bool isPlaced = citation.TextStart >= 0 && citation.TextEnd >= citation.TextStart;
        output.StartObject();
        output.Literal("type"u8, "url_citation"u8);
        output.StartObject("url_citation"u8);
        output.Number("start_index"u8, isPlaced ? Usage.Add(blockStart, citation.TextStart) : blockStart);
        output.Number("end_index"u8, isPlaced ? Usage.Add(blockStart, citation.TextEnd) : blockEnd);
        output.Text("url"u8, citation.Url);
        output.Text("title"u8, citation.Title.IsNullOrEmpty ? citation.Url : citation.Title);
        output.EndObject();
        output.EndObject();
        return true;
    }

    /// <summary>Number of Unicode scalar values in escaped text.</summary>
    public static long Length(JsonText text)
    {
        ReadOnlySpan<byte> rest = text.Span;
        if (Ascii.IsValid(rest) && !text.HasEscapes)
        {
            return rest.Length;
        }

        long count = 0;
        for (int index = 0; index < rest.Length; index++)
        {
            if (rest[index] != (byte)'\\')
            {
                count += (rest[index] & 0xC0) != 0x80 ? 1 : 0;
                continue;
            }

            index++;
            bool isUnicode = index < rest.Length && rest[index] == (byte)'u';

            // The second half of a surrogate pair, \uDC00 to \uDFFF, counts with the first.
            bool isLow = isUnicode && index + 2 < rest.Length && (rest[index + 1] | 0x20) == 'd'
                && (rest[index + 2] | 0x20) is >= (byte)'c' and <= (byte)'f';
            count += isLow ? 0 : 1;
            index += isUnicode ? 4 : 0;
        }

        return count;
    }
}

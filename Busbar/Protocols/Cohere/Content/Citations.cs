using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Content;

/// <summary>
/// Citations: a stretch of the answer, counted in Unicode scalar values of one content part, and the documents or tool outputs it stands on. The
/// representation holds one source per citation; neighbours over the same stretch are one citation here.
/// </summary>
internal static class Citations
{
    /// <summary>Reads one citation into <paramref name="block"/>, once per source.</summary>
    public static void Read(JsonNode citation, Block block)
    {
        foreach (JsonNode source in citation["sources"u8].Items)
        {
            block.AddCitation(Read(citation, source));
        }
    }

    /// <summary>The citation of one of its sources.</summary>
    public static Citation Read(JsonNode citation, JsonNode source)
    {
        bool isTool = source["type"u8].Text.Is("tool"u8);
        JsonNode document = source["document"u8];
        Citation read = Citation.New(isTool ? CitationKind.Tool : CitationKind.DocumentChars, ProtocolId.Cohere);
        read.Raw = citation.Raw;
        read.CitedText = citation["text"u8].Text;
        read.SourceId = source["id"u8].Text;
        read.Title = document["title"u8].Text;
        read.Url = document["url"u8].Text;
        read.DocumentIndex = isTool ? -1 : Number(read.SourceId);
        long start = citation["start"u8].Integer ?? -1;
        long end = citation["end"u8].Integer ?? -1;
        if (start >= 0 && end >= start)
        {
            read.TextStart = start;
            read.TextEnd = end;
        }

        return read;
    }

    /// <summary>
    /// Writes <paramref name="citations"/>, which share one stretch of <paramref name="text"/>, as the next value. A stretch that is not known is the
    /// whole text. <paramref name="content"/> is the position of the content part, or negative for the plan.
    /// </summary>
    public static void Write(ReadOnlySpan<Citation> citations, JsonText text, int content, JsonWriter output)
    {
        Citation first = citations[0];
        int from = 0;
        int to = text.Span.Length;
        long start = 0;
        long end;
        if (IsPlaced(first))
        {
            (start, from) = Walk(text.Span, first.TextStart);
            (end, to) = Walk(text.Span, first.TextEnd);
        }
        else
        {
            end = Walk(text.Span, long.MaxValue).Scalars;
        }

        output.StartObject();
        output.Number("start"u8, start);
        output.Number("end"u8, end);
        output.Text("text"u8, text[from..to]);
        output.StartArray("sources"u8);
        foreach (ref readonly Citation citation in citations)
        {
            WriteSource(citation, output);
        }

        output.EndArray();
        output.Literal("type"u8, content < 0 ? "PLAN"u8 : "TEXT_CONTENT"u8);
        if (content >= 0)
        {
            output.Number("content_index"u8, content);
        }

        output.EndObject();
    }

    /// <summary>Writes all citations of <paramref name="block"/> as further elements of the open array.</summary>
    public static void WriteAll(Block block, int content, JsonWriter output)
    {
        ReadOnlySpan<Citation> rest = CollectionsMarshal.AsSpan(block.Citations);
        while (!rest.IsEmpty)
        {
            int same = 1;
            while (same < rest.Length && rest[same].TextStart == rest[0].TextStart && rest[same].TextEnd == rest[0].TextEnd)
            {
                same++;
            }

            Write(rest[..same], block.Text, content, output);
            rest = rest[same..];
        }
    }

    /// <summary>Whether the citation says which stretch of the answer it belongs to.</summary>
    public static bool IsPlaced(in Citation citation) => citation.TextStart >= 0 && citation.TextEnd >= citation.TextStart;

    private static void WriteSource(in Citation citation, JsonWriter output)
    {
        output.StartObject();
        if (citation.Kind == CitationKind.Tool)
        {
            output.Literal("type"u8, "tool"u8);
            output.Text("id"u8, citation.SourceId);
            output.EndObject();
            return;
        }

        output.Literal("type"u8, "document"u8);
        WriteId(citation, output);
        output.StartObject("document"u8);
        WriteId(citation, output);
        output.TextIfPresent("title"u8, citation.Title);
        output.TextIfPresent("url"u8, citation.Url);
        output.TextIfPresent("text"u8, citation.CitedText);
        output.EndObject();
        output.EndObject();
    }

    private static void WriteId(in Citation citation, JsonWriter output)
    {
        if (!citation.SourceId.IsNullOrEmpty)
        {
            output.Text("id"u8, citation.SourceId);
        }
        else if (citation.DocumentIndex >= 0)
        {
            output.String("id"u8, "doc:" + citation.DocumentIndex.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            output.Text("id"u8, citation.Url);
        }
    }

    // The vendor numbers documents without an id of their own.
    private static int Number(JsonText id) =>
        id.Span.StartsWith("doc:"u8) && Utf8Parser.TryParse(id.Span[4..], out int number, out int used) && used == id.Span.Length - 4 && number >= 0
            ? number : -1;

    private static (long Scalars, int Bytes) Walk(ReadOnlySpan<byte> escaped, long most)
    {
        long scalars = 0;
        int at = 0;
        while (at < escaped.Length && scalars < most)
        {
            at = Math.Min(escaped.Length, at + Width(escaped[at..]));
            scalars++;
        }

        return (scalars, at);
    }

    private static int Width(ReadOnlySpan<byte> rest)
    {
        if (rest[0] == (byte)'\\')
        {
            return Surrogate(rest) == High && Surrogate(rest[6..]) == Low ? 12 : rest[1] == (byte)'u' ? 6 : 2;
        }

        int width = 1;
        while (width < rest.Length && (rest[width] & 0xC0) == 0x80)
        {
            width++;
        }

        return width;
    }

    // High surrogates are \uD8.. to \uDB.., low ones \uDC.. to \uDF..; 0 for everything else.
    private static int Surrogate(ReadOnlySpan<byte> rest) =>
        rest.Length < 6 || rest[0] != (byte)'\\' || rest[1] != (byte)'u' || (rest[2] | 0x20) != 'd' ? 0
        : rest[3] is (byte)'8' or (byte)'9' || (rest[3] | 0x20) is 'a' or 'b' ? High
        : (rest[3] | 0x20) is >= 'c' and <= 'f' ? Low
        : 0;

    private const int High = 1;
    private const int Low = 2;
}

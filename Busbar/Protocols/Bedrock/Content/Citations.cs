using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>Citations of <c>citationsContent</c> blocks, and of the stream's <c>citation</c> deltas, which have the same shape.</summary>
internal static class Citations
{
    /// <summary>Reads one citation; its raw form is kept for replay. <paramref name="arena"/> holds words quoted in several pieces.</summary>
    public static Citation Read(JsonNode node, IrArena arena)
    {
        JsonNode place = default;
        var kind = CitationKind.DocumentChars;
        foreach (JsonMember member in node["location"u8].Members)
        {
            place = member.Value;
            kind = member.Name switch
            {
                _ when member.Name.Is("web"u8) => CitationKind.Web,
                _ when member.Name.Is("documentPage"u8) => CitationKind.DocumentPages,
                _ when member.Name.Is("documentChunk"u8) => CitationKind.DocumentBlocks,
                _ when member.Name.Is("searchResultLocation"u8) => CitationKind.SearchResult,
                _ => CitationKind.DocumentChars,
            };
        }

        Citation citation = Citation.New(kind, ProtocolId.Bedrock);
        citation.Raw = node.Raw;
        citation.Title = node["title"u8].Text;
        citation.SourceId = node["source"u8].Text;
        citation.CitedText = Texts.Join(node["sourceContent"u8], arena);
        citation.Url = place["url"u8].Text;
        if (citation.Url.IsNullOrEmpty && citation.SourceId.Span.StartsWith("http"u8))
        {
            citation.Url = citation.SourceId;
        }

        citation.DocumentIndex = Index(kind == CitationKind.SearchResult ? place["searchResultIndex"u8] : place["documentIndex"u8]);
        citation.SourceStart = place["start"u8].Integer ?? -1;
        citation.SourceEnd = place["end"u8].Integer ?? -1;
        return citation;
    }

    /// <summary>Writes one citation as the next value: as it was read when it came from this protocol, otherwise rebuilt in its shape.</summary>
    public static void Write(in Citation citation, JsonWriter output)
    {
        if (citation.Origin == ProtocolId.Bedrock && !citation.Raw.IsAbsent)
        {
            output.Raw(citation.Raw);
            return;
        }

        output.StartObject();
        output.TextIfPresent("title"u8, citation.Title);
        output.TextIfPresent("source"u8, citation.SourceId.IsNullOrEmpty ? default : citation.SourceId);
        if (!citation.CitedText.IsNullOrEmpty)
        {
            output.StartArray("sourceContent"u8);
            output.StartObject();
            output.Text("text"u8, citation.CitedText);
            output.EndObject();
            output.EndArray();
        }

        WriteLocation(citation, output);
        output.EndObject();
    }

    private static void WriteLocation(in Citation citation, JsonWriter output)
    {
        if (citation.Kind == CitationKind.Web || !citation.Url.IsNullOrEmpty)
        {
            output.StartObject("location"u8);
            output.StartObject("web"u8);
            output.TextIfPresent("url"u8, citation.Url);
            output.EndObject();
            output.EndObject();
            return;
        }

        // A place that is not known is left out; a made-up one would point at the wrong words.
        if (citation.SourceStart < 0 || citation.SourceEnd < 0)
        {
            return;
        }

        bool isSearch = citation.Kind is CitationKind.SearchResult or CitationKind.Tool;
        output.StartObject("location"u8);
        output.StartObject(citation.Kind switch
        {
            CitationKind.DocumentPages => "documentPage"u8,
            CitationKind.DocumentBlocks => "documentChunk"u8,
            CitationKind.DocumentChars => "documentChar"u8,
            _ => "searchResultLocation"u8,
        });
        output.Number(isSearch ? "searchResultIndex"u8 : "documentIndex"u8, Math.Max(0, citation.DocumentIndex));
        output.Number("start"u8, citation.SourceStart);
        output.Number("end"u8, citation.SourceEnd);
        output.EndObject();
        output.EndObject();
    }

    private static int Index(JsonNode node) => node.Integer is long index and >= 0 and <= int.MaxValue ? (int)index : -1;
}

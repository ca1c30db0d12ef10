using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Content;

/// <summary>The five location types of <c>citations</c>.</summary>
internal static class Citations
{
    /// <summary>Reads one citation; its raw form is kept for replay.</summary>
    public static Citation Read(JsonNode node)
    {
        JsonText type = node["type"u8].Text;
        CitationKind kind = type switch
        {
            _ when type.Is("char_location"u8) => CitationKind.DocumentChars,
            _ when type.Is("page_location"u8) => CitationKind.DocumentPages,
            _ when type.Is("content_block_location"u8) => CitationKind.DocumentBlocks,
            _ when type.Is("search_result_location"u8) => CitationKind.SearchResult,
            _ => CitationKind.Web,
        };
        Citation citation = Citation.New(kind, ProtocolId.Anthropic);
        citation.Raw = node.Raw;
        citation.CitedText = node["cited_text"u8].Text;
        switch (kind)
        {
            case CitationKind.Web:
                citation.Title = node["title"u8].Text;
                citation.Url = node["url"u8].Text;
                citation.SourceId = node["encrypted_index"u8].Text;
                return citation;
            case CitationKind.SearchResult:
                citation.Title = node["title"u8].Text;
                citation.SourceId = node["source"u8].Text;

                // Elsewhere only addresses can be cited.
                citation.Url = citation.SourceId.Span.StartsWith("http"u8) ? citation.SourceId : default;
                citation.DocumentIndex = Index(node["search_result_index"u8]);
                break;
            default:
                citation.Title = node["document_title"u8].Text;
                citation.SourceId = node["file_id"u8].Text;
                citation.DocumentIndex = Index(node["document_index"u8]);
                break;
        }

        (ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end) = Bounds(kind);
        citation.SourceStart = node[start.Span].Integer ?? -1;
        citation.SourceEnd = node[end.Span].Integer ?? -1;
        return citation;
    }

    /// <summary>Reads the elements of a <c>citations</c> array into <paramref name="block"/>.</summary>
    public static void ReadAll(JsonNode array, Block block)
    {
        foreach (JsonNode item in array.Items)
        {
            if (item.IsObject)
            {
                block.AddCitation(Read(item));
            }
        }
    }

    /// <summary>Writes one citation as the next value: as it was read when it came from this protocol, otherwise rebuilt in its shape.</summary>
    public static void Write(in Citation citation, JsonWriter output)
    {
        if (citation.Origin == ProtocolId.Anthropic && !citation.Raw.IsAbsent)
        {
            output.Raw(citation.Raw);
            return;
        }

        output.StartObject();
        output.Literal("type"u8, citation.Kind switch
        {
            CitationKind.DocumentChars => "char_location"u8,
            CitationKind.DocumentPages => "page_location"u8,
            CitationKind.DocumentBlocks => "content_block_location"u8,
            CitationKind.Web => "web_search_result_location"u8,
            _ => "search_result_location"u8,
        });
        output.Text("cited_text"u8, citation.CitedText);
        switch (citation.Kind)
        {
            case CitationKind.Web:
                output.Text("url"u8, citation.Url);
                WriteTitle("title"u8, citation.Title, output);
                output.Literal("encrypted_index"u8, default);
                break;
            case CitationKind.SearchResult or CitationKind.Tool:
                output.Text("source"u8, citation.Url.IsNullOrEmpty ? citation.SourceId : citation.Url);
                WriteTitle("title"u8, citation.Title, output);
                output.Number("search_result_index"u8, Math.Max(0, citation.DocumentIndex));
                WriteBounds(citation, output);
                break;
            default:
                output.Number("document_index"u8, Math.Max(0, citation.DocumentIndex));
                WriteTitle("document_title"u8, citation.Title, output);
                output.Null("file_id"u8);
                WriteBounds(citation, output);
                break;
        }

        output.EndObject();
    }

    private static void WriteBounds(in Citation citation, JsonWriter output)
    {
        (ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end) = Bounds(citation.Kind);
        output.Number(start.Span, Math.Max(0, citation.SourceStart));
        output.Number(end.Span, Math.Max(0, citation.SourceEnd));
    }

    private static void WriteTitle(ReadOnlySpan<byte> name, JsonText title, JsonWriter output)
    {
        if (title.IsAbsent)
        {
            output.Null(name);
        }
        else
        {
            output.Text(name, title);
        }
    }

    private static readonly byte[] StartChar = "start_char_index"u8.ToArray();
    private static readonly byte[] EndChar = "end_char_index"u8.ToArray();
    private static readonly byte[] StartPage = "start_page_number"u8.ToArray();
    private static readonly byte[] EndPage = "end_page_number"u8.ToArray();
    private static readonly byte[] StartBlock = "start_block_index"u8.ToArray();
    private static readonly byte[] EndBlock = "end_block_index"u8.ToArray();

    private static (ReadOnlyMemory<byte> Start, ReadOnlyMemory<byte> End) Bounds(CitationKind kind) => kind switch
    {
        CitationKind.DocumentChars => (StartChar, EndChar),
        CitationKind.DocumentPages => (StartPage, EndPage),
        _ => (StartBlock, EndBlock),
    };

    private static int Index(JsonNode node) => node.Integer is long index and >= 0 and <= int.MaxValue ? (int)index : -1;
}

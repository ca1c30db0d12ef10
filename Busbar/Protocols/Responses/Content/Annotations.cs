using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>The <c>annotations</c> of an <c>output_text</c> part, which are its citations.</summary>
internal static class Annotations
{
    /// <summary>Reads one annotation.</summary>
    public static Citation Read(JsonNode annotation)
    {
        Citation citation = Citation.New(CitationKind.Web, ProtocolId.Responses);
        citation.Raw = annotation.Raw;
        citation.Url = annotation["url"u8].Text;
        citation.Title = annotation["title"u8].Text;
        if (!annotation["type"u8].Text.Is("url_citation"u8))
        {
            citation.Kind = CitationKind.DocumentChars;
            citation.SourceId = annotation["file_id"u8].Text;
            citation.Title = citation.Title.IsAbsent ? annotation["filename"u8].Text : citation.Title;
        }

        citation.TextStart = annotation["start_index"u8].Integer ?? -1;
        citation.TextEnd = annotation["end_index"u8].Integer ?? -1;
        return citation;
    }

    /// <summary>
    /// Writes <paramref name="citation"/> as one annotation of <paramref name="text"/>, and says whether it could: only web sources have a form here.
    /// A citation without a place marks all of the text.
    /// </summary>
    public static bool TryWrite(in Citation citation, JsonText text, JsonWriter output, ref Losses losses)
    {
        if (citation.Origin == ProtocolId.Responses && !citation.Raw.IsAbsent)
        {
            output.Raw(citation.Raw);
            return true;
        }

        if (citation.Url.IsNullOrEmpty)
        {
            losses.Add(LossField.Citations);
            return false;
        }

        bool placed = citation.TextStart >= 0 && citation.TextEnd >= citation.TextStart;
        if (!placed)
        {
            losses.Add(LossField.CitationPosition);
        }

        output.StartObject();
        output.Literal("type"u8, "url_citation"u8);
        output.Number("start_index"u8, placed ? citation.TextStart : 0);
        output.Number("end_index"u8, placed ? citation.TextEnd : OpenAI.Content.Annotations.Length(text));
        output.Text("url"u8, citation.Url);
        output.Text("title"u8, citation.Title.IsNullOrEmpty ? citation.Url : citation.Title);
        output.EndObject();
        return true;
    }
}

using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>
/// Reads the sources of a candidate: <c>groundingMetadata</c> (chunks, and supports that tie them to the text) and <c>citationMetadata</c>. Positions
/// on the wire count bytes of UTF-8; the caller, who has the text, converts them.
/// </summary>
internal static class Grounding
{
    private const int MaxChunks = 1024;

    /// <summary>Takes one source: the part it belongs to, or -1 for the answer as a whole, and the byte range, or -1.</summary>
    public delegate void Sink<TState>(ref TState state, in Citation citation, int part, long start, long end);

    /// <summary>Whether <paramref name="candidate"/> names sources at all.</summary>
    public static bool Has(JsonNode candidate) => Supported(candidate).IsObject || Cited(candidate).IsObject;

    /// <summary>Hands every source of <paramref name="candidate"/> to <paramref name="sink"/>. Chunks without a support have no range.</summary>
    public static void Read<TState>(JsonNode candidate, ref TState state, Sink<TState> sink)
    {
        JsonNode metadata = Supported(candidate);
        JsonNode chunks = Spelling.Get(metadata, "groundingChunks"u8, "grounding_chunks"u8);
        JsonNode supports = Spelling.Get(metadata, "groundingSupports"u8, "grounding_supports"u8);
        bool isSupported = !supports[0].IsMissing;
        var known = new List<JsonNode>();
        foreach (JsonNode chunk in isSupported ? chunks.Items : default)
        {
            if (known.Count < MaxChunks)
            {
                known.Add(chunk);
            }
        }

        foreach (JsonNode support in supports.Items)
        {
            JsonNode segment = support["segment"u8];
            long start = Spelling.Get(segment, "startIndex"u8, "start_index"u8).Integer ?? 0;
            long end = Spelling.Get(segment, "endIndex"u8, "end_index"u8).Integer ?? -1;
            int part = (int)Math.Clamp(Spelling.Get(segment, "partIndex"u8, "part_index"u8).Integer ?? 0, 0, int.MaxValue);
            foreach (JsonNode index in Spelling.Get(support, "groundingChunkIndices"u8, "grounding_chunk_indices"u8).Items)
            {
                if (index.Integer is { } position and >= 0 && position < known.Count && TryReadChunk(known[(int)position], out Citation citation))
                {
                    sink(ref state, citation, part, end < start ? -1 : Math.Max(0, start), end < start ? -1 : end);
                }
            }
        }

        foreach (JsonNode chunk in isSupported ? default : chunks.Items)
        {
            if (TryReadChunk(chunk, out Citation citation))
            {
                sink(ref state, citation, -1, -1, -1);
            }
        }

        ReadCited(Cited(candidate), ref state, sink);
    }

    private static JsonNode Supported(JsonNode candidate) => Spelling.Get(candidate, "groundingMetadata"u8, "grounding_metadata"u8);

    private static JsonNode Cited(JsonNode candidate) => Spelling.Get(candidate, "citationMetadata"u8, "citation_metadata"u8);

    // The developer API and Vertex name the list differently.
    private static void ReadCited<TState>(JsonNode metadata, ref TState state, Sink<TState> sink)
    {
        JsonNode sources = Spelling.Get(metadata, "citationSources"u8, "citation_sources"u8);
        foreach (JsonNode source in (sources.IsNull ? metadata["citations"u8] : sources).Items)
        {
            JsonText address = source["uri"u8].Text;
            if (address.IsNullOrEmpty)
            {
                continue;
            }

            Citation citation = Citation.New(CitationKind.Web, ProtocolId.Gemini);
            citation.Raw = source.Raw;
            citation.Url = address;
            citation.Title = source["title"u8].Text;
            long start = Spelling.Get(source, "startIndex"u8, "start_index"u8).Integer ?? 0;
            long end = Spelling.Get(source, "endIndex"u8, "end_index"u8).Integer ?? -1;
            sink(ref state, citation, -1, end < start ? -1 : Math.Max(0, start), end < start ? -1 : end);
        }
    }

    private static bool TryReadChunk(JsonNode chunk, out Citation citation)
    {
        JsonNode context = Spelling.Get(chunk, "retrievedContext"u8, "retrieved_context"u8);
        JsonNode source = chunk["web"u8].IsObject ? chunk["web"u8] : chunk["maps"u8].IsObject ? chunk["maps"u8] : context;
        JsonText address = source["uri"u8].Text;
        bool isWeb = address.Span.StartsWith("http"u8);
        citation = Citation.New(isWeb ? CitationKind.Web : CitationKind.DocumentChars, ProtocolId.Gemini);
        citation.Url = isWeb ? address : default;
        citation.SourceId = isWeb ? default : address;
        citation.Title = source["title"u8].Text;
        citation.CitedText = context["text"u8].Text;
        return source.IsObject && (!address.IsNullOrEmpty || !citation.Title.IsNullOrEmpty);
    }
}

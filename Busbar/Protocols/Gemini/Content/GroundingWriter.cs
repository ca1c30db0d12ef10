using Busbar.Ir;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Content;

/// <summary>Collects the citations of one answer and writes them as <c>groundingMetadata</c>. Ranges count bytes of UTF-8.</summary>
internal sealed class GroundingWriter : IDisposable
{
    private readonly List<(long Start, long End)> _pending = [];
    private PooledBuffer? _chunks;
    private PooledBuffer? _supports;
    private int _count;

    /// <summary>Takes a citation of the text whose <see cref="EndText"/> follows. False when it names no source that could be shown.</summary>
    public bool TryAdd(in Citation citation)
    {
        if (citation.Url.IsNullOrEmpty && citation.Title.IsNullOrEmpty)
        {
            return false;
        }

        var output = new JsonWriter(_chunks ??= new PooledBuffer(1024));
        output.StartObject();
        output.StartObject(citation.Kind == CitationKind.Web ? "web"u8 : "retrievedContext"u8);
        if (!citation.Url.IsNullOrEmpty)
        {
            output.Text("uri"u8, citation.Url);
        }

        output.Text("title"u8, citation.Title.IsNullOrEmpty ? citation.Url : citation.Title);
        if (citation.Kind != CitationKind.Web && !citation.CitedText.IsNullOrEmpty)
        {
            output.Text("text"u8, citation.CitedText);
        }

        output.EndObject();
        output.EndObject();
        _pending.Add((citation.TextStart, citation.TextEnd));
        return true;
    }

    /// <summary>
    /// Ties what was added since the last call to <paramref name="text"/>, which is part <paramref name="part"/> and begins
    /// <paramref name="offset"/> bytes into it. A citation without a range covers the whole text.
    /// </summary>
    public void EndText(JsonText text, int part, long offset)
    {
        foreach ((long start, long end) in _pending)
        {
            bool isPlaced = start >= 0 && end >= start;
            var output = new JsonWriter(_supports ??= new PooledBuffer(1024));
            output.StartObject();
            output.StartObject("segment"u8);
            if (part > 0)
            {
                output.Number("partIndex"u8, part);
            }

            output.Number("startIndex"u8, offset + (isPlaced ? TextOffsets.Convert(text, start, TextUnit.Scalar, TextUnit.Utf8) : 0));
            output.Number("endIndex"u8, offset + (isPlaced ? TextOffsets.Convert(text, end, TextUnit.Scalar, TextUnit.Utf8)
                : TextOffsets.Length(text, TextUnit.Utf8)));
            output.EndObject();
            output.StartArray("groundingChunkIndices"u8);
            output.Number(_count++);
            output.EndArray();
            output.EndObject();
        }

        _pending.Clear();
    }

    /// <summary>Writes the member <c>groundingMetadata</c>, or nothing when there were no citations.</summary>
    public void Write(JsonWriter output)
    {
        if (_chunks is null || _supports is null)
        {
            return;
        }

        output.StartObject("groundingMetadata"u8);
        output.StartArray("groundingChunks"u8);
        output.Raw(_chunks.Span);
        output.EndArray();
        output.StartArray("groundingSupports"u8);
        output.Raw(_supports.Span);
        output.EndArray();
        output.EndObject();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _chunks?.Dispose();
        _supports?.Dispose();
    }
}

using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Protocols.Gemini.Content;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Tools;

/// <summary>Writes tool results as <c>functionResponse</c> parts, whose <c>response</c> must be an object.</summary>
internal static class ResultWriter
{
    /// <summary>Writes <paramref name="result"/> as the next value. An absent <paramref name="id"/> is left out.</summary>
    public static void Write(Block result, JsonText name, JsonText id, bool withMedia, JsonWriter output)
    {
        ReadOnlySpan<Block> children = CollectionsMarshal.AsSpan(result.Children);
        output.StartObject();
        output.StartObject("functionResponse"u8);
        if (!id.IsNullOrEmpty)
        {
            output.Text("id"u8, id);
        }

        output.Text("name"u8, name);
        output.Name("response"u8);
        WriteResponse(children, result.IsError, output);
        if (withMedia)
        {
            WriteParts(children, output);
        }

        output.EndObject();
        output.EndObject();
    }

    /// <summary>Writes the media of <paramref name="result"/> that did not go into the response itself, as parts of the same turn.</summary>
    public static void WriteMedia(Block result, bool withMedia, JsonWriter output, ref Losses losses)
    {
        foreach (Block child in CollectionsMarshal.AsSpan(result.Children))
        {
            if (!IsMedia(child))
            {
                continue;
            }

            if (!withMedia || child.Source != MediaSource.Base64)
            {
                PartWriter.Write(child, false, output, ref losses);
            }
            else if (!child.Title.IsNullOrEmpty || !child.Context.IsNullOrEmpty)
            {
                losses.Add(LossField.DocumentContext);
            }
        }
    }

    private static bool IsMedia(Block child) =>
        child.Kind is BlockKind.Image or BlockKind.Audio or BlockKind.Video
            || child is { Kind: BlockKind.Document, Source: not (MediaSource.Text or MediaSource.Blocks) };

    // Only bytes may stand there; what has an address follows as a part of its own.
    private static void WriteParts(ReadOnlySpan<Block> children, JsonWriter output)
    {
        bool isOpen = false;
        foreach (Block child in children)
        {
            if (!IsMedia(child) || child.Source != MediaSource.Base64)
            {
                continue;
            }

            if (!isOpen)
            {
                output.StartArray("parts"u8);
                isOpen = true;
            }

            output.StartObject();
            MediaParts.Write(child, output);
            output.EndObject();
        }

        if (isOpen)
        {
            output.EndArray();
        }
    }

    private static void WriteResponse(ReadOnlySpan<Block> children, bool isError, JsonWriter output)
    {
        Block? only = null;
        int values = 0;
        bool isAllText = true;
        foreach (Block child in children)
        {
            if (!IsMedia(child))
            {
                values++;
                only = child;
                isAllText &= child.Kind != BlockKind.Json;
            }
        }

        if (!isError && (values == 0 || IsPlainObject(only!, values)))
        {
            output.Raw(values == 0 ? "{}"u8 : only!.Input.Span);
            return;
        }

        output.StartObject();
        output.Name(isError ? "error"u8 : "output"u8);
        if (isAllText)
        {
            WriteJoined(children, output);
        }
        else if (values == 1)
        {
            WriteValue(only!.Input, output);
        }
        else
        {
            output.StartArray();
            foreach (Block child in children)
            {
                if (child.Kind == BlockKind.Json)
                {
                    WriteValue(child.Input, output);
                }
                else if (!IsMedia(child))
                {
                    WriteJoined([child], output);
                }
            }

            output.EndArray();
        }

        output.EndObject();
    }

    // The API looks for schema references in results too, and refuses those it cannot resolve: such a value goes as text.
    private static bool IsReferring(JsonSlice value) => value.Span.IndexOf("\"$ref\""u8) >= 0;

    private static bool IsPlainObject(Block only, int values) =>
        values == 1 && only.Kind == BlockKind.Json && only.Input.IsObject && !IsReferring(only.Input);

    private static void WriteValue(JsonSlice value, JsonWriter output)
    {
        if (!IsReferring(value))
        {
            output.Raw(value);
            return;
        }

        using var escaped = new PooledBuffer(value.Raw.Length * 2);
        JsonEscaping.Escape(value.Span, escaped);
        output.Literal(escaped.Span);
    }

    private static void WriteJoined(ReadOnlySpan<Block> children, JsonWriter output)
    {
        using var joined = new PooledBuffer(256);
        foreach (Block child in children)
        {
            if (!IsMedia(child))
            {
                Append(child, joined);
            }
        }

        output.Literal(joined.Span);
    }

    private static void Append(Block block, PooledBuffer joined)
    {
        if (block.Kind == BlockKind.Json)
        {
            JsonEscaping.Escape(block.Input.Span, joined);
            return;
        }

        // A document or search result among the words: its title and source lead, each on a line of its own.
        foreach (JsonText line in (ReadOnlySpan<JsonText>)[block.Title, block.Kind == BlockKind.SearchResult ? block.Data : default, block.Context])
        {
            if (!line.IsNullOrEmpty)
            {
                joined.Write(line.Span);
                joined.Write("\\n"u8);
            }
        }

        joined.Write(block.Text.Span);
        foreach (Block child in CollectionsMarshal.AsSpan(block.Children))
        {
            Append(child, joined);
        }
    }
}

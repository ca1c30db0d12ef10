using System.Text.Json;

namespace Busbar.Wire.Json;

/// <summary>Reads single members of a whole JSON document without building a tree: the usage of a response that is only passed on.</summary>
internal static class TopLevelMember
{
    /// <summary>
    /// Finds the raw value of the member <paramref name="name"/> (plain, nothing in it needs escaping) of the top-level object; the last one
    /// wins. False when there is none, when the document is no object, is not valid JSON or nests deeper than <see cref="JsonTape.MaxDepth"/>.
    /// </summary>
    public static bool TryFind(ReadOnlyMemory<byte> json, ReadOnlySpan<byte> name, out JsonSlice value)
    {
        value = default;
        var found = default(ByteRange);
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool wanted = new JsonText(json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length)).Is(name);
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (wanted)
                {
                    found = new ByteRange(start, (int)reader.BytesConsumed - start);
                }
            }

            // Reading past the end is what detects bytes after the object.
            reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }

        value = found.IsAbsent ? default : new JsonSlice(found.Of(json));
        return !found.IsAbsent;
    }
}

using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>Lists of <c>{"text":…}</c>, which several blocks carry.</summary>
internal static class Texts
{
    /// <summary>The texts of <paramref name="array"/> one after the other; absent when it has none.</summary>
    public static JsonText Join(JsonNode array, IrArena arena)
    {
        JsonText joined = default;
        foreach (JsonNode item in array.Items)
        {
            JsonText text = item["text"u8].Text;
            if (!text.IsAbsent)
            {
                joined = joined.IsAbsent ? text : arena.Join([joined, text], default);
            }
        }

        return joined;
    }

    /// <summary>Adds the texts of <paramref name="array"/> as nested blocks. False when it holds anything else.</summary>
    public static bool TryRead(JsonNode array, IrArena arena, Block parent)
    {
        bool isWhole = array.IsArray;
        foreach (JsonNode item in array.Items)
        {
            var fields = new MemberReader(item);
            JsonText text = fields.Take("text"u8).Text;
            isWhole &= !text.IsAbsent && !fields.HasOthers;
            if (!text.IsAbsent)
            {
                parent.AddChild(arena.NewText(text));
            }
        }

        return isWhole;
    }

    /// <summary>Writes the words among <paramref name="blocks"/> as the value of <paramref name="name"/>.</summary>
    public static void Write(ReadOnlySpan<byte> name, List<Block>? blocks, JsonWriter output)
    {
        output.StartArray(name);
        for (int index = 0; index < (blocks?.Count ?? 0); index++)
        {
            if (!blocks![index].Text.IsNullOrEmpty)
            {
                Write(blocks[index].Text, output);
            }
        }

        output.EndArray();
    }

    /// <summary>Writes one <c>{"text":…}</c> as the next value.</summary>
    public static void Write(JsonText text, JsonWriter output)
    {
        output.StartObject();
        output.Text("text"u8, text);
        output.EndObject();
    }
}

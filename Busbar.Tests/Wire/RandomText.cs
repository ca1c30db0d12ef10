using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Wire;

/// <summary>Random text that leans towards what escaping gets wrong, and random JSON documents, from a seeded source.</summary>
internal static class RandomText
{
    private static readonly string[] Pieces =
        ["a", " ", "\"", "\\", "/", "\n", "\r", "\t", "\b", "\f", "\0", "\u001f", "\u007f", "\u00e4", "\u2028", "\ufeff", "\uffff", "\ud83d\ude00",
            "\\u0041", "{}", "text "];

    /// <summary>Well-formed UTF-16 of at most <paramref name="pieces"/> pieces.</summary>
    public static string Next(Random random, int pieces) => string.Concat(
        Enumerable.Range(0, random.Next(pieces)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    /// <summary>The inside of a JSON string for <paramref name="text"/>, with needless escapes here and there.</summary>
    public static string Escaped(Random random, string text)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
        {
            bool must = c is '"' or '\\' or < ' ';
            escaped.Append(must || random.Next(4) == 0 ? $"\\u{((int)c).ToString(random.Next(2) == 0 ? "x4" : "X4")}" : c.ToString());
        }

        // A pair must be escaped as a whole or not at all.
        return IsWellFormed(escaped) ? escaped.ToString() : JsonEncodedText.Encode(text).ToString();
    }

    /// <summary>A random document, indented or not.</summary>
    public static byte[] Document(Random random)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = random.Next(2) == 0 }))
        {
            Value(writer, random, 4);
        }

        return stream.ToArray();
    }

    private static bool IsWellFormed(StringBuilder text)
    {
        string value = text.ToString();
        for (int index = 0; index < value.Length; index++)
        {
            if (char.IsHighSurrogate(value[index]) && index + 1 < value.Length && char.IsLowSurrogate(value[index + 1]))
            {
                index++;
            }
            else if (char.IsSurrogate(value[index]))
            {
                return false;
            }
        }

        return true;
    }

    private static void Value(Utf8JsonWriter writer, Random random, int depth)
    {
        switch (random.Next(depth > 0 ? 8 : 6))
        {
            case 0: writer.WriteNullValue(); break;
            case 1: writer.WriteBooleanValue(random.Next(2) == 0); break;
            case 2: writer.WriteNumberValue(random.NextInt64() - random.NextInt64()); break;
            case 3: writer.WriteNumberValue(random.NextDouble() * Math.Pow(10, random.Next(-20, 20))); break;
            case 4 or 5: writer.WriteStringValue(Next(random, 12)); break;
            case 6:
                writer.WriteStartArray();
                for (int count = random.Next(5); count > 0; count--)
                {
                    Value(writer, random, depth - 1);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStartObject();
                for (int count = random.Next(5); count > 0; count--)
                {
                    writer.WritePropertyName(count + Next(random, 4));
                    Value(writer, random, depth - 1);
                }

                writer.WriteEndObject();
                break;
        }
    }
}

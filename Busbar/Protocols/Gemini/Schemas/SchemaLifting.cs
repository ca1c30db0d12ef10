using System.Text;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Schemas;

/// <summary>
/// Turns the API's own <c>Schema</c> (an OpenAPI 3.0 subset with upper-case type names) into JSON Schema: types in lower case, <c>nullable</c> as a
/// second type, counts as numbers, without the ordering hint.
/// </summary>
internal static class SchemaLifting
{
    private static readonly byte[][] Types = [.. new[] { "TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT",
        "NULL" }.Select(Encoding.ASCII.GetBytes)];

    /// <summary>The JSON Schema that says what <paramref name="schema"/> says; absent when there is none.</summary>
    public static JsonSlice Lift(JsonNode schema, IrArena arena)
    {
        if (!schema.IsObject)
        {
            return default;
        }

        using var lifted = new PooledBuffer(schema.Raw.Raw.Length + 64);
        Write(schema, new JsonWriter(lifted));
        return new(arena.Store(lifted.Span));
    }

    private static void Write(JsonNode schema, JsonWriter output)
    {
        if (!schema.IsObject)
        {
            output.Raw(schema.Raw);
            return;
        }

        bool isNullable = schema["nullable"u8].IsTrue;
        output.StartObject();
        foreach (JsonMember member in schema.Members)
        {
            WriteMember(member, isNullable, output);
        }

        output.EndObject();
    }

    private static void WriteMember(in JsonMember member, bool isNullable, JsonWriter output)
    {
        ReadOnlySpan<byte> name = member.Name.Span;
        JsonNode value = member.Value;
        if (value.IsNull || name.SequenceEqual("nullable"u8) || name.SequenceEqual("propertyOrdering"u8) || name.SequenceEqual("property_ordering"u8))
        {
            return;
        }

        if (name.SequenceEqual("type"u8) && value.IsString)
        {
            WriteType(value.Text, isNullable, output);
        }
        else if (name.SequenceEqual("type"u8) && value.Integer is { } number)
        {
            // Clients that serialise the enumeration as it is.
            WriteType(new JsonText(Types[number is > 0 and < 8 ? (int)number : 0]), isNullable, output);
        }
        else if (name.SequenceEqual("properties"u8) && value.IsObject)
        {
            output.StartObject(name);
            foreach (JsonMember property in value.Members)
            {
                output.Name(property.Name.Span);
                Write(property.Value, output);
            }

            output.EndObject();
        }
        else if (name.SequenceEqual("items"u8))
        {
            output.Name(name);
            Write(value, output);
        }
        else if (name.SequenceEqual("anyOf"u8) || name.SequenceEqual("any_of"u8))
        {
            output.StartArray("anyOf"u8);
            foreach (JsonNode alternative in value.Items)
            {
                Write(alternative, output);
            }

            output.EndArray();
        }
        else if (CountName(name) is { IsEmpty: false } count)
        {
            WriteCount(count, value, output);
        }
        else if (name.SequenceEqual("example"u8))
        {
            output.StartArray("examples"u8);
            output.Raw(value.Raw);
            output.EndArray();
        }
        else
        {
            output.Raw(name, value.Raw);
        }
    }

    private static void WriteType(JsonText type, bool isNullable, JsonWriter output)
    {
        if (type.Is("TYPE_UNSPECIFIED"u8))
        {
            return;
        }

        Span<byte> lower = stackalloc byte[16];
        if (type.HasEscapes || System.Text.Ascii.ToLower(type.Span, lower, out int length) != System.Buffers.OperationStatus.Done)
        {
            return;
        }

        if (!isNullable)
        {
            output.Literal("type"u8, lower[..length]);
            return;
        }

        output.StartArray("type"u8);
        output.Literal(lower[..length]);
        output.Literal("null"u8);
        output.EndArray();
    }

    // 64-bit counts are strings in proto JSON.
    private static void WriteCount(ReadOnlySpan<byte> name, JsonNode value, JsonWriter output)
    {
        if (value.IsNumber)
        {
            output.Raw(name, value.Raw);
        }
        else if (System.Buffers.Text.Utf8Parser.TryParse(value.Text.Span, out long count, out int used) && used == value.Text.Span.Length)
        {
            output.Number(name, count);
        }
    }

    private static ReadOnlySpan<byte> CountName(ReadOnlySpan<byte> name) =>
        Is(name, "minItems"u8, "min_items"u8) ? "minItems"u8
        : Is(name, "maxItems"u8, "max_items"u8) ? "maxItems"u8
        : Is(name, "minLength"u8, "min_length"u8) ? "minLength"u8
        : Is(name, "maxLength"u8, "max_length"u8) ? "maxLength"u8
        : Is(name, "minProperties"u8, "min_properties"u8) ? "minProperties"u8
        : Is(name, "maxProperties"u8, "max_properties"u8) ? "maxProperties"u8
        : default;

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake) => name.SequenceEqual(camel)
        || name.SequenceEqual(snake);
}

using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Schemas;

/// <summary>
/// The schema of a function as vendors take it: an object at its top. Anthropic and OpenAI refuse a top that is a choice (<c>anyOf</c>, <c>oneOf</c>,
/// <c>allOf</c>), a reference or without a type. Alternatives become one object with the properties of all, of which those are required that all
/// require.
/// </summary>
internal static class ObjectSchema
{
    private const int MaxDepth = 16;

    /// <summary>Makes <paramref name="schema"/> one with an object at its top. True when it says less then.</summary>
    public static bool Fit(ref JsonSlice schema, IrArena arena)
    {
        ReadOnlySpan<byte> text = schema.Span;
        if (text.StartsWith("{\"type\":\"object\""u8) && text.IndexOf("Of\""u8) < 0 && text.IndexOf("\"$ref\""u8) < 0)
        {
            // Nearly all.
            return false;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(schema.Raw) || !tape.Root.IsObject || IsFit(tape.Root))
        {
            return false;
        }

        JsonNode root = tape.Root;
        var whole = new Parts();
        var pointers = new SchemaPointers(root);
        bool isLess = whole.Add(root, pointers, MaxDepth);
        using var buffer = new PooledBuffer(schema.Raw.Length + 64);
        var json = new JsonWriter(buffer);
        json.StartObject();
        json.Literal("type"u8, "object"u8);
        foreach (JsonMember member in root.Members)
        {
            if (!IsTop(member.Name) && !member.Name.Is("type"u8) && !member.Name.Is("properties"u8) && !member.Name.Is("required"u8))
            {
                json.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        json.StartObject("properties"u8);
        foreach ((JsonText name, JsonNode property) in whole.Properties)
        {
            json.Raw(name.Span, property.Raw);
        }

        json.EndObject();
        if (whole.Required.Count > 0)
        {
            json.StartArray("required"u8);
            foreach (JsonText name in whole.Required)
            {
                json.Text(name);
            }

            json.EndArray();
        }

        json.EndObject();
        schema = new(arena.Store(buffer.Span));
        return isLess;
    }

    private static bool IsFit(JsonNode root)
    {
        foreach (JsonMember member in root.Members)
        {
            if (IsTop(member.Name))
            {
                return false;
            }
        }

        return root["type"u8].Text.Is("object"u8);
    }

    private static bool IsTop(JsonText name) =>
        name.Is("anyOf"u8) || name.Is("oneOf"u8) || name.Is("allOf"u8) || name.Is("not"u8) || name.Is("enum"u8) || name.Is("$ref"u8);

    private sealed class Parts
    {
        public Dictionary<JsonText, JsonNode> Properties { get; } = [];

        public HashSet<JsonText> Required { get; } = [];

        // True when the choice between alternatives is no longer said.
        public bool Add(JsonNode schema, SchemaPointers pointers, int depth)
        {
            if (!schema.IsObject)
            {
                return false;
            }

            if (depth == 0 || !pointers.Step())
            {
                return true;
            }

            foreach (JsonMember property in schema["properties"u8].Members)
            {
                Properties.TryAdd(property.Name, property.Value);
            }

            foreach (JsonNode name in schema["required"u8].Items)
            {
                Required.Add(name.Text);
            }

            bool isLess = !schema["not"u8].IsMissing || !schema["enum"u8].IsMissing;
            if (schema["$ref"u8].Text is { IsNullOrEmpty: false } reference)
            {
                isLess |= Add(pointers.Resolve(reference.ToString()), pointers, depth - 1);
            }

            foreach (JsonNode part in schema["allOf"u8].Items)
            {
                isLess |= Add(part, pointers, depth - 1);
            }

            return AddAny(schema["anyOf"u8], pointers, depth) | AddAny(schema["oneOf"u8], pointers, depth) | isLess;
        }

        private bool AddAny(JsonNode alternatives, SchemaPointers pointers, int depth)
        {
            HashSet<JsonText>? common = null;
            foreach (JsonNode alternative in alternatives.Items)
            {
                var part = new Parts();
                part.Add(alternative, pointers, depth - 1);
                foreach ((JsonText name, JsonNode property) in part.Properties)
                {
                    Properties.TryAdd(name, property);
                }

                if (common is null)
                {
                    common = part.Required;
                }
                else
                {
                    common.IntersectWith(part.Required);
                }
            }

            Required.UnionWith(common ?? []);
            return common is not null;
        }
    }
}

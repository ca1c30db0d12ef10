using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Schemas;

/// <summary>A schema together with what it refers to and what <c>allOf</c> adds. For each keyword the first layer that has it counts.</summary>
internal sealed class SchemaLayers
{
    /// <summary>The layers, the one that counts most first.</summary>
    public List<JsonNode> All { get; } = [];

    /// <summary>How many references were followed to collect them.</summary>
    public int References { get; set; }

    /// <summary>The first value of a keyword; missing when no layer has it.</summary>
    public JsonNode Get(ReadOnlySpan<byte> name)
    {
        foreach (JsonNode layer in All)
        {
            JsonNode value = layer[name];
            if (!value.IsMissing)
            {
                return value;
            }
        }

        return default;
    }

    /// <summary>The types by the API's names, without null, which sets <paramref name="isNullable"/>.</summary>
    public List<string> Types(ref bool isNullable)
    {
        var types = new List<string>();
        JsonNode type = Get("type"u8);
        foreach (JsonNode word in new OneOrMany(type))
        {
            string upper = word.Text.ToString().ToUpperInvariant();
            isNullable |= upper == "NULL";
            if (upper is "STRING" or "NUMBER" or "INTEGER" or "BOOLEAN" or "ARRAY" or "OBJECT" && !types.Contains(upper))
            {
                types.Add(upper);
            }
        }

        foreach (JsonNode value in Get("enum"u8).Items)
        {
            isNullable |= value.IsNull;
        }

        return types;
    }

    /// <summary>The schemas of <c>anyOf</c> or <c>oneOf</c>, without null, which sets <paramref name="isNullable"/>.</summary>
    public List<JsonNode> Alternatives(ref bool isNullable)
    {
        var alternatives = new List<JsonNode>();
        JsonNode any = Get("anyOf"u8);
        foreach (JsonNode alternative in (any.IsArray ? any : Get("oneOf"u8)).Items)
        {
            if (alternative["type"u8].Text.Is("null"u8))
            {
                isNullable = true;
            }
            else if (alternative.IsObject)
            {
                alternatives.Add(alternative);
            }
        }

        return alternatives;
    }

    /// <summary>The type that the other keywords point to; text where none does.</summary>
    public string InferredType()
    {
        JsonNode constant = Get("const"u8);
        JsonNode listed = Get("enum"u8);
        constant = constant.IsMissing ? First(listed) : constant;
        return Get("properties"u8).IsObject || Get("additionalProperties"u8).IsObject ? "OBJECT"
            : !Get("items"u8).IsMissing || !Get("prefixItems"u8).IsMissing ? "ARRAY"
            : constant.Bool is not null ? "BOOLEAN"
            : constant.IsNumber && IsWhole(constant, listed) ? "INTEGER"
            : constant.IsNumber || !Get("minimum"u8).IsMissing || !Get("maximum"u8).IsMissing ? "NUMBER"
            : "STRING";
    }

    private static JsonNode First(JsonNode listed)
    {
        foreach (JsonNode value in listed.Items)
        {
            if (!value.IsNull)
            {
                return value;
            }
        }

        return default;
    }

    private static bool IsWhole(JsonNode constant, JsonNode listed)
    {
        bool isWhole = constant.Integer is not null;
        foreach (JsonNode value in listed.Items)
        {
            isWhole &= value.Integer is not null || value.IsNull;
        }

        return isWhole;
    }
}

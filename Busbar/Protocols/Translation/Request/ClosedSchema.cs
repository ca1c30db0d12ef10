using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// A JSON Schema as strict decoders ask for it: every object in it says <c>"additionalProperties":false</c>. Names of properties are never taken for keywords.
/// </summary>
internal struct ClosedSchema
{
    private JsonWriter _output;

    /// <summary>Whether anything had to be added.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Whether the schema allowed members that it does not name, and no longer does.</summary>
    public bool IsNarrowed { get; private set; }

    /// <summary>Whether an object has properties that may be missing, which OpenAI's strict mode refuses.</summary>
    public bool HasOptional { get; private set; }

    /// <summary>The schema itself; the very slice that was given when nothing had to be added.</summary>
    public JsonSlice Schema { get; private set; }

    /// <summary>Closes every object of <paramref name="schema"/>; what is no JSON object is left alone.</summary>
    public static ClosedSchema Of(JsonSlice schema, IrArena arena)
    {
        using var tape = new JsonTape();
        using var json = new PooledBuffer(schema.Raw.Length + 256);
        var closed = new ClosedSchema { Schema = schema, _output = new JsonWriter(json) };
        if (tape.TryParse(schema.Raw) && tape.Root.IsObject)
        {
            closed.Write(tape.Root);
            closed.Schema = closed.IsChanged ? new(arena.Store(json.Span)) : schema;
        }

        return closed;
    }

    private void Write(JsonNode node)
    {
        if (!node.IsObject)
        {
            _output.Raw(node.Raw);
            return;
        }

        bool isObject = IsObject(node);
        _output.StartObject();
        foreach (JsonMember member in node.Members)
        {
            WriteMember(member, isObject);
        }

        if (isObject)
        {
            Close(node);
        }

        _output.EndObject();
    }

    private void WriteMember(JsonMember member, bool isObject)
    {
        JsonText name = member.Name;
        if (isObject && name.Is("additionalProperties"u8))
        {
            return;
        }

        if (member.Value.IsObject && HoldsSchemasByName(name))
        {
            _output.StartObject(name.Span);
            foreach (JsonMember named in member.Value.Members)
            {
                _output.Name(named.Name.Span);
                Write(named.Value);
            }

            _output.EndObject();
        }
        else if (member.Value.IsArray && HoldsSchemas(name))
        {
            _output.StartArray(name.Span);
            foreach (JsonNode item in member.Value.Items)
            {
                Write(item);
            }

            _output.EndArray();
        }
        else if (member.Value.IsObject && IsSchema(name))
        {
            _output.Name(name.Span);
            Write(member.Value);
        }
        else
        {
            _output.Raw(name.Span, member.Value.Raw);
        }
    }

    private void Close(JsonNode node)
    {
        JsonNode others = node["additionalProperties"u8];
        JsonNode properties = node["properties"u8];
        IsChanged |= others.Bool != false;
        IsNarrowed |= others.Bool != false && (!others.IsMissing || !properties.Members.GetEnumerator().MoveNext());
        foreach (JsonMember property in properties.Members)
        {
            HasOptional |= !IsRequired(node["required"u8], property.Name);
        }

        _output.Bool("additionalProperties"u8, false);
    }

    private static bool IsRequired(JsonNode required, JsonText name)
    {
        foreach (JsonNode item in required.Items)
        {
            if (item.Text.Equals(name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsObject(JsonNode node)
    {
        JsonNode type = node["type"u8];
        foreach (JsonNode word in type.Items)
        {
            if (word.Text.Is("object"u8))
            {
                return true;
            }
        }

        return type.Text.Is("object"u8) || (type.IsMissing && node["properties"u8].IsObject);
    }

    private static bool HoldsSchemasByName(JsonText name) => name.Is("properties"u8) || name.Is("$defs"u8) || name.Is("definitions"u8);

    private static bool HoldsSchemas(JsonText name) => name.Is("anyOf"u8) || name.Is("oneOf"u8) || name.Is("allOf"u8) || name.Is("prefixItems"u8) || name.Is("items"u8);

    private static bool IsSchema(JsonText name) => name.Is("items"u8) || name.Is("not"u8) || name.Is("if"u8) || name.Is("then"u8) || name.Is("else"u8);
}

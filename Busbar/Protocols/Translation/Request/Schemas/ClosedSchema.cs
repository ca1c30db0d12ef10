using System.Text;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Schemas;

/// <summary>
/// A JSON Schema as strict decoders ask for it: every object in it says <c>"additionalProperties":false</c>. For Claude's decoder, keywords that it
/// refuses (structured outputs, "JSON Schema limitations") become words of the description, as Anthropic's own SDKs do. Names of properties are never
/// taken for keywords.
/// </summary>
internal struct ClosedSchema
{
    // What Claude's decoder answers with 400.
    private static readonly string[] RefusedByClaude =
    [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
        "contains",
        "minContains", "maxContains", "patternProperties", "propertyNames", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
        "not", "if",
        "then", "else", "unevaluatedProperties", "unevaluatedItems", "format",
    ];

    private static readonly string[] FormatsOfClaude = ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

    // What OpenAI's strict mode does not support.
    private static readonly string[] RefusedByOpenAI =
        ["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames",
            "unevaluatedProperties", "contains"];

    private JsonWriter _output;
    private bool _isForClaude;

    /// <summary>Whether anything had to be added.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Whether the schema allowed members that it does not name, and no longer does.</summary>
    public bool IsNarrowed { get; private set; }

    /// <summary>Whether an object has properties that may be missing, which OpenAI's strict mode refuses.</summary>
    public bool HasOptional { get; private set; }

    /// <summary>Whether keywords that limit values became words.</summary>
    public bool IsLoosened { get; private set; }

    /// <summary>Whether a keyword is used that OpenAI's strict mode does not support.</summary>
    public bool HasUnsupported { get; private set; }

    /// <summary>The schema itself; the very slice that was given when nothing had to be added.</summary>
    public JsonSlice Schema { get; private set; }

    /// <summary>
    /// Closes every object of <paramref name="schema"/>; what is no JSON object is left alone. <paramref name="forClaude"/> turns into words what
    /// Claude's decoder refuses.
    /// </summary>
    public static ClosedSchema Of(JsonSlice schema, IrArena arena, bool forClaude = false)
    {
        using var tape = new JsonTape();
        using var json = new PooledBuffer(schema.Raw.Length + 256);
        var closed = new ClosedSchema { Schema = schema, _output = new JsonWriter(json), _isForClaude = forClaude };
        if (tape.TryParse(schema.Raw) && tape.Root.IsObject)
        {
            closed.HasUnsupported = !tape.Root["anyOf"u8].IsMissing;
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
        StringBuilder? words = null;
        _output.StartObject();
        foreach (JsonMember member in node.Members)
        {
            string name = member.Name.ToString();
            HasUnsupported |= RefusedByOpenAI.AsSpan().Contains(name);
            if (_isForClaude && IsRefused(name, member.Value))
            {
                words = (words ?? new()).Append(words is null ? "{" : ", ").Append(name).Append(": ").Append(member.Value.Raw);
            }
        }

        foreach (JsonMember member in node.Members)
        {
            if (words is null || !(member.Name.Is("description"u8) || IsRefused(member.Name.ToString(), member.Value)))
            {
                WriteMember(member, isObject);
            }
        }

        if (words is not null)
        {
            IsChanged = IsLoosened = true;
            string own = node["description"u8].Text.ToString();
            _output.String("description"u8, own.Length > 0 ? $"{own}\n\n{words}}}" : $"{words}}}");
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
            // The one that must match alone is the same to a decoder as any that matches.
            bool isRenamed = _isForClaude && name.Is("oneOf"u8);
            IsChanged |= isRenamed;
            _output.StartArray(isRenamed ? "anyOf"u8 : name.Span);
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
        HasOptional = HasOptional || HasUnrequired(properties, node["required"u8]);

        _output.Bool("additionalProperties"u8, false);
    }

    private static bool IsRefused(string name, JsonNode value) => name switch
    {
        "minItems" => value.Integer is not (0 or 1),
        "format" => !FormatsOfClaude.AsSpan().Contains(value.Text.ToString()),
        _ => RefusedByClaude.AsSpan().Contains(name),
    };

    private static bool HasUnrequired(JsonNode properties, JsonNode required)
    {
        var names = new HashSet<JsonText>();
        foreach (JsonNode item in required.Items)
        {
            names.Add(item.Text);
        }

        foreach (JsonMember property in properties.Members)
        {
            if (!names.Contains(property.Name))
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

    private static bool HoldsSchemas(JsonText name) => name.Is("anyOf"u8) || name.Is("oneOf"u8) || name.Is("allOf"u8) || name.Is("prefixItems"u8)
        || name.Is("items"u8);

    private static bool IsSchema(JsonText name) => name.Is("items"u8) || name.Is("not"u8) || name.Is("if"u8) || name.Is("then"u8)
        || name.Is("else"u8);
}

using Busbar.Ir;
using Busbar.Protocols.Translation.Request.Schemas;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Schemas;

/// <summary>
/// Turns JSON Schema into the API's own <c>Schema</c>, for surfaces that do not take JSON Schema itself. References are inlined, a cycle ends in a
/// bare type, <c>null</c> becomes <c>nullable</c>, one-value constants become enumerations, every node gets a type. Enumerations are of text only,
/// without empty entries: values of other types are told in the description. What the API does not know is left out. Names of properties are never
/// taken for keywords.
/// </summary>
internal sealed class SchemaLowering
{
    // What says which values are right, and has no counterpart.
    private static readonly string[] Dropped =
    [
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "patternProperties", "propertyNames", "not", "if", "then", "else",
        "contains",
        "dependentRequired", "dependentSchemas",
    ];

    private const int MaxDepth = 24;
    private const int MaxLayers = 16;
    // References may make a schema so many times as long, and a bit more.
    private const int MaxGrowth = 8;
    private const int MaxBytes = 64 * 1024;

    private readonly SchemaPointers _pointers;
    private readonly JsonWriter _output;
    private readonly int _limit;
    private readonly List<string> _path = [];
    private bool _isNarrower;

    private SchemaLowering(JsonNode root, JsonWriter output)
    {
        _pointers = new SchemaPointers(root);
        _output = output;
        _limit = (int)Math.Min(int.MaxValue, output.Output.WholeLength + MaxBytes + ((long)MaxGrowth * root.Raw.Raw.Length));
    }

    /// <summary>Writes the lowered <paramref name="schema"/> as the value of <paramref name="name"/>, and notes when it says less.</summary>
    public static void Write(ReadOnlySpan<byte> name, JsonSlice schema, JsonWriter output, ref Losses losses)
    {
        using var tape = new JsonTape();
        if (tape.TryParse(schema.Raw))
        {
            output.Name(name);
            var lowering = new SchemaLowering(tape.Root, output);
            lowering.WriteNode(tape.Root, 0);
            lowering.Note(ref losses);
        }
    }

    /// <summary>As <see cref="Write"/>, but nothing for an object without properties: the API refuses that for parameters.</summary>
    public static void WriteParameters(ReadOnlySpan<byte> name, JsonSlice schema, JsonWriter output, ref Losses losses)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(schema.Raw))
        {
            return;
        }

        var lowering = new SchemaLowering(tape.Root, output);
        SchemaLayers layers = lowering.Layers(tape.Root);
        foreach (JsonNode layer in layers.All)
        {
            if (layer["properties"u8].Members.GetEnumerator().MoveNext() || layer["anyOf"u8].IsArray || layer["oneOf"u8].IsArray)
            {
                lowering.Leave(layers);
                output.Name(name);
                lowering.WriteNode(tape.Root, 0);
                lowering.Note(ref losses);
                return;
            }
        }
    }

    private void Note(ref Losses losses)
    {
        if (_isNarrower)
        {
            losses.Add(LossField.Schema);
        }
    }

    private void WriteNode(JsonNode schema, int depth)
    {
        _output.StartObject();
        if (depth >= MaxDepth || _output.Output.WholeLength >= _limit)
        {
            _isNarrower = true;
            _output.Literal("type"u8, "STRING"u8);
        }
        else
        {
            SchemaLayers layers = Layers(schema);
            WriteMembers(layers, depth);
            Leave(layers);
        }

        _output.EndObject();
    }

    private void WriteMembers(SchemaLayers layers, int depth)
    {
        bool isNullable = layers.Get("nullable"u8).IsTrue;
        List<string> types = layers.Types(ref isNullable);
        List<JsonNode> alternatives = layers.Alternatives(ref isNullable);
        if (alternatives.Count == 1)
        {
            layers.All.Add(alternatives[0]);
            types = types.Count > 0 ? types : layers.Types(ref isNullable);
            alternatives.Clear();
        }

        if (alternatives.Count > 0 || types.Count > 1)
        {
            WriteAlternatives(alternatives, types, layers, depth);
        }
        else
        {
            string type = types.Count == 1 ? types[0] : layers.InferredType();
            _output.String("type"u8, type);
            WriteBody(type, layers, depth);
        }

        if (isNullable)
        {
            _output.Bool("nullable"u8, true);
        }

        foreach (JsonNode layer in layers.All)
        {
            foreach (JsonMember member in layer.Members)
            {
                _isNarrower |= Dropped.AsSpan().Contains(member.Name.ToString());
            }
        }

        CopyText("title"u8, layers);
        WriteDescription(layers);
        _output.RawIfPresent("default"u8, layers.Get("default"u8).Raw);
    }

    private void WriteAlternatives(List<JsonNode> alternatives, List<string> types, SchemaLayers layers, int depth)
    {
        _output.StartArray("anyOf"u8);
        foreach (JsonNode alternative in alternatives)
        {
            WriteNode(alternative, depth + 1);
        }

        if (alternatives.Count == 0)
        {
            foreach (string type in types)
            {
                _output.StartObject();
                _output.String("type"u8, type);
                WriteBody(type, layers, depth);
                _output.EndObject();
            }
        }

        _output.EndArray();
    }

    private void WriteBody(string type, SchemaLayers layers, int depth)
    {
        switch (type)
        {
            case "OBJECT":
                WriteProperties(layers, depth);
                CopyNumber("minProperties"u8, layers);
                CopyNumber("maxProperties"u8, layers);
                break;
            case "ARRAY":
                JsonNode items = layers.Get("items"u8);
                _output.Name("items"u8);
                WriteNode(items.IsObject ? items : layers.Get("prefixItems"u8)[0], depth + 1);
                CopyNumber("minItems"u8, layers);
                CopyNumber("maxItems"u8, layers);
                break;
            case "STRING":
                WriteEnum(layers);
                WriteFormat(layers, "date-time");
                CopyText("pattern"u8, layers);
                CopyNumber("minLength"u8, layers);
                CopyNumber("maxLength"u8, layers);
                break;
            case "INTEGER" or "NUMBER":
                WriteFormat(layers, type == "INTEGER" ? "int32 int64" : "float double");
                CopyNumber("minimum"u8, layers);
                CopyNumber("maximum"u8, layers);
                break;
        }
    }

    private void WriteProperties(SchemaLayers layers, int depth)
    {
        var names = new HashSet<JsonText>();
        foreach (JsonNode layer in layers.All)
        {
            foreach (JsonMember property in layer["properties"u8].Members)
            {
                if (!names.Add(property.Name))
                {
                    continue;
                }

                if (names.Count == 1)
                {
                    _output.StartObject("properties"u8);
                }

                _output.Name(property.Name.Span);
                WriteNode(property.Value, depth + 1);
            }
        }

        if (names.Count == 0)
        {
            return;
        }

        _output.EndObject();
        int before = _output.Output.Length;
        _output.StartArray("required"u8);
        int start = _output.Output.Length;
        foreach (JsonNode layer in layers.All)
        {
            foreach (JsonNode required in layer["required"u8].Items)
            {
                // Each name once, and only of properties that exist.
                if (names.Remove(required.Text))
                {
                    _output.Text(required.Text);
                }
            }
        }

        bool isEmpty = _output.Output.Length == start;
        _output.EndArray();
        if (isEmpty)
        {
            _output.Output.Truncate(before);
        }
    }

    private void WriteEnum(SchemaLayers layers)
    {
        if (Values(layers) is not { Count: > 0 } values || !values.TrueForAll(static value => value.IsString))
        {
            return;
        }

        int before = _output.Output.Length;
        _output.StartArray("enum"u8);
        int start = _output.Output.Length;
        foreach (JsonNode value in values)
        {
            if (!value.Text.IsNullOrEmpty)
            {
                _output.Text(value.Text);
            }
            else
            {
                _isNarrower = true;
            }
        }

        bool isEmpty = _output.Output.Length == start;
        _output.EndArray();
        if (isEmpty)
        {
            _output.Output.Truncate(before);
        }
    }

    private void WriteDescription(SchemaLayers layers)
    {
        JsonText own = layers.Get("description"u8).Text;
        if (Values(layers) is not { Count: > 0 } values || values.TrueForAll(static value => value.IsString))
        {
            _output.TextIfPresent("description"u8, own);
            return;
        }

        _isNarrower = true;
        string allowed = string.Join(", ", values.Select(static value => value.Raw.ToString()));
        _output.String("description"u8, own.IsNullOrEmpty ? $"One of: {allowed}" : $"{own}\nOne of: {allowed}");
    }

    // What the value must be one of, without null, which is said elsewhere.
    private static List<JsonNode> Values(SchemaLayers layers)
    {
        var values = new List<JsonNode>();
        JsonNode constant = layers.Get("const"u8);
        if (!constant.IsMissing)
        {
            values.Add(constant);
        }
        else
        {
            foreach (JsonNode value in layers.Get("enum"u8).Items)
            {
                values.Add(value);
            }
        }

        values.RemoveAll(static value => value.IsNull);
        return values;
    }

    private void WriteFormat(SchemaLayers layers, string known)
    {
        string format = layers.Get("format"u8).Text.ToString();
        _isNarrower |= format.Length > 0 && !known.Split(' ').AsSpan().Contains(format);
        if (format.Length > 0 && known.Split(' ').AsSpan().Contains(format))
        {
            _output.String("format"u8, format);
        }
    }

    private void CopyText(ReadOnlySpan<byte> name, SchemaLayers layers) => _output.TextIfPresent(name, layers.Get(name).Text);

    private void CopyNumber(ReadOnlySpan<byte> name, SchemaLayers layers)
    {
        JsonNode value = layers.Get(name);
        if (value.IsNumber)
        {
            _output.Raw(name, value.Raw);
        }
    }

    // The schema itself first, so that what stands beside a reference wins over what it refers to.
    private SchemaLayers Layers(JsonNode schema)
    {
        var layers = new SchemaLayers();
        Collect(schema, layers);
        return layers;
    }

    private void Collect(JsonNode schema, SchemaLayers layers)
    {
        if (!schema.IsObject || layers.All.Count == MaxLayers)
        {
            return;
        }

        layers.All.Add(schema);
        JsonText reference = schema["$ref"u8].Text;
        if (!reference.IsNullOrEmpty && reference.ToString() is var pointer && !_path.Contains(pointer))
        {
            _path.Add(pointer);
            layers.References++;
            Collect(_pointers.Resolve(pointer), layers);
        }

        foreach (JsonNode part in schema["allOf"u8].Items)
        {
            Collect(part, layers);
        }
    }

    private void Leave(SchemaLayers layers) => _path.RemoveRange(_path.Count - layers.References, layers.References);
}

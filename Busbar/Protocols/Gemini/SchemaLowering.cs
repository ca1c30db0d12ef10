using System.Text;
using Busbar.Wire;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// Turns JSON Schema into the API's own <c>Schema</c>, for surfaces that do not take JSON Schema itself. References are inlined, a cycle ends in a
/// bare type, <c>null</c> becomes <c>nullable</c>, one-value constants become enumerations, every node gets a type, and what the API does not
/// know is left out. Names of properties are never taken for keywords.
/// </summary>
internal sealed class SchemaLowering
{
    private const int MaxDepth = 24;
    private const int MaxLayers = 16;
    private const int MaxBytes = 1024 * 1024;

    private readonly JsonNode _root;
    private readonly JsonWriter _output;
    private readonly int _limit;
    private readonly List<string> _path = [];

    private SchemaLowering(JsonNode root, JsonWriter output)
    {
        _root = root;
        _output = output;
        _limit = output.Output.Length + MaxBytes;
    }

    /// <summary>Writes the lowered <paramref name="schema"/> as the value of <paramref name="name"/>.</summary>
    public static void Write(ReadOnlySpan<byte> name, JsonSlice schema, JsonWriter output)
    {
        using var tape = new JsonTape();
        if (tape.TryParse(schema.Raw))
        {
            output.Name(name);
            new SchemaLowering(tape.Root, output).WriteNode(tape.Root, 0);
        }
    }

    /// <summary>As <see cref="Write"/>, but nothing for an object without properties: the API refuses that for parameters.</summary>
    public static void WriteParameters(ReadOnlySpan<byte> name, JsonSlice schema, JsonWriter output)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(schema.Raw))
        {
            return;
        }

        var lowering = new SchemaLowering(tape.Root, output);
        foreach (JsonNode layer in lowering.Layers(tape.Root, out int references))
        {
            if (layer["properties"u8].Members.GetEnumerator().MoveNext() || layer["anyOf"u8].IsArray || layer["oneOf"u8].IsArray)
            {
                lowering.Leave(references);
                output.Name(name);
                lowering.WriteNode(tape.Root, 0);
                return;
            }
        }
    }

    private void WriteNode(JsonNode schema, int depth)
    {
        _output.StartObject();
        if (depth >= MaxDepth || _output.Output.Length >= _limit)
        {
            _output.Literal("type"u8, "STRING"u8);
        }
        else
        {
            List<JsonNode> layers = Layers(schema, out int references);
            WriteMembers(layers, depth);
            Leave(references);
        }

        _output.EndObject();
    }

    private void WriteMembers(List<JsonNode> layers, int depth)
    {
        bool isNullable = Get(layers, "nullable"u8).IsTrue;
        List<string> types = Types(layers, ref isNullable);
        List<JsonNode> alternatives = Alternatives(layers, ref isNullable);
        if (alternatives.Count == 1)
        {
            layers.Add(alternatives[0]);
            types = types.Count > 0 ? types : Types(layers, ref isNullable);
            alternatives.Clear();
        }

        if (alternatives.Count > 0 || types.Count > 1)
        {
            WriteAlternatives(alternatives, types, layers, depth);
        }
        else
        {
            string type = types.Count == 1 ? types[0] : Inferred(layers);
            _output.String("type"u8, type);
            WriteBody(type, layers, depth);
        }

        if (isNullable)
        {
            _output.Bool("nullable"u8, true);
        }

        CopyText("title"u8, layers);
        CopyText("description"u8, layers);
        _output.RawIfPresent("default"u8, Get(layers, "default"u8).Raw);
    }

    private void WriteAlternatives(List<JsonNode> alternatives, List<string> types, List<JsonNode> layers, int depth)
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

    private void WriteBody(string type, List<JsonNode> layers, int depth)
    {
        switch (type)
        {
            case "OBJECT":
                WriteProperties(layers, depth);
                CopyNumber("minProperties"u8, layers);
                CopyNumber("maxProperties"u8, layers);
                break;
            case "ARRAY":
                JsonNode items = Get(layers, "items"u8);
                _output.Name("items"u8);
                WriteNode(items.IsObject ? items : Get(layers, "prefixItems"u8)[0], depth + 1);
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

    private void WriteProperties(List<JsonNode> layers, int depth)
    {
        var names = new List<JsonText>();
        foreach (JsonNode layer in layers)
        {
            foreach (JsonMember property in layer["properties"u8].Members)
            {
                if (names.Contains(property.Name))
                {
                    continue;
                }

                if (names.Count == 0)
                {
                    _output.StartObject("properties"u8);
                }

                names.Add(property.Name);
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
        foreach (JsonNode layer in layers)
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

    private void WriteEnum(List<JsonNode> layers)
    {
        JsonNode constant = Get(layers, "const"u8);
        JsonNode values = Get(layers, "enum"u8);
        if (!constant.IsString && !values.IsArray)
        {
            return;
        }

        _output.StartArray("enum"u8);
        if (constant.IsString)
        {
            _output.Text(constant.Text);
        }
        else
        {
            foreach (JsonNode value in values.Items)
            {
                if (value.IsString)
                {
                    _output.Text(value.Text);
                }
            }
        }

        _output.EndArray();
    }

    private void WriteFormat(List<JsonNode> layers, string known)
    {
        string format = Get(layers, "format"u8).Text.ToString();
        if (format.Length > 0 && known.Split(' ').AsSpan().Contains(format))
        {
            _output.String("format"u8, format);
        }
    }

    private void CopyText(ReadOnlySpan<byte> name, List<JsonNode> layers) => _output.TextIfPresent(name, Get(layers, name).Text);

    private void CopyNumber(ReadOnlySpan<byte> name, List<JsonNode> layers)
    {
        JsonNode value = Get(layers, name);
        if (value.IsNumber)
        {
            _output.Raw(name, value.Raw);
        }
    }

    private static JsonNode Get(List<JsonNode> layers, ReadOnlySpan<byte> name)
    {
        foreach (JsonNode layer in layers)
        {
            JsonNode value = layer[name];
            if (!value.IsMissing)
            {
                return value;
            }
        }

        return default;
    }

    private static List<string> Types(List<JsonNode> layers, ref bool isNullable)
    {
        var types = new List<string>();
        JsonNode type = Get(layers, "type"u8);
        foreach (JsonNode word in new OneOrMany(type))
        {
            string upper = word.Text.ToString().ToUpperInvariant();
            isNullable |= upper == "NULL";
            if (upper is "STRING" or "NUMBER" or "INTEGER" or "BOOLEAN" or "ARRAY" or "OBJECT" && !types.Contains(upper))
            {
                types.Add(upper);
            }
        }

        return types;
    }

    private static List<JsonNode> Alternatives(List<JsonNode> layers, ref bool isNullable)
    {
        var alternatives = new List<JsonNode>();
        JsonNode any = Get(layers, "anyOf"u8);
        foreach (JsonNode alternative in (any.IsArray ? any : Get(layers, "oneOf"u8)).Items)
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

    private static string Inferred(List<JsonNode> layers)
    {
        JsonNode constant = Get(layers, "const"u8);
        return Get(layers, "properties"u8).IsObject || Get(layers, "additionalProperties"u8).IsObject ? "OBJECT"
            : !Get(layers, "items"u8).IsMissing || !Get(layers, "prefixItems"u8).IsMissing ? "ARRAY"
            : constant.Bool is not null ? "BOOLEAN"
            : constant.IsNumber || !Get(layers, "minimum"u8).IsMissing || !Get(layers, "maximum"u8).IsMissing ? "NUMBER"
            : "STRING";
    }

    // The schema itself first, so that what stands beside a reference wins over what it refers to.
    private List<JsonNode> Layers(JsonNode schema, out int references)
    {
        var layers = new List<JsonNode>();
        references = 0;
        Collect(schema, layers, ref references);
        return layers;
    }

    private void Collect(JsonNode schema, List<JsonNode> layers, ref int references)
    {
        if (!schema.IsObject || layers.Count == MaxLayers)
        {
            return;
        }

        layers.Add(schema);
        JsonText reference = schema["$ref"u8].Text;
        if (!reference.IsNullOrEmpty && reference.ToString() is var pointer && !_path.Contains(pointer))
        {
            _path.Add(pointer);
            references++;
            Collect(Resolve(pointer), layers, ref references);
        }

        foreach (JsonNode part in schema["allOf"u8].Items)
        {
            Collect(part, layers, ref references);
        }
    }

    private void Leave(int references) => _path.RemoveRange(_path.Count - references, references);

    private JsonNode Resolve(string pointer)
    {
        if (!pointer.StartsWith('#'))
        {
            return default;
        }

        JsonNode found = _root;
        foreach (string step in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] name = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            found = found.IsArray && int.TryParse(step, out int position) ? found[position] : found[name];
        }

        return found;
    }
}

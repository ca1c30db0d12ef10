using System.Text.Json;
using Busbar.Configuration.Binding.Keys;

namespace Busbar.Configuration;

/// <summary>The deployment file as a JSON Schema (draft 2020-12), for editors. What depends on other values is left to <c>--validate</c>.</summary>
internal static class ConfigSchema
{
    /// <summary>Writes the schema.</summary>
    public static void Write(Stream output)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
        json.WriteString("title", "Busbar's configuration");
        WriteBlock(json, ConfigKeys.Root);
        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, KeySet block)
    {
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartArray("required");
        foreach (ConfigKey key in block.Entries.Where(key => key.IsRequired))
        {
            json.WriteStringValue(key.Name);
        }

        json.WriteEndArray();
        json.WriteStartObject("properties");
        foreach (ConfigKey key in block.Entries)
        {
            WriteKey(json, block, key, key.Name);
        }

        foreach ((string alias, string name) in block.Aliases)
        {
            WriteKey(json, block, block[name], alias);
        }

        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, KeySet block, ConfigKey key, string name)
    {
        string path = block.At(key);
        json.WriteStartObject(name);
        json.WriteString("description", key.Default is null ? key.Meaning : $"{key.Meaning}. Default: {key.Default}. {key.Range}");
        KeySet? inner = Find(path) ?? (key.Kind == KeyKind.Text ? key.Block : null);
        if (inner is not null && key.Words.Count > 0)
        {
            json.WriteStartArray("anyOf");
            json.WriteStartObject();
            WriteBlock(json, inner);
            json.WriteEndObject();
            WriteWords(json, key);
            json.WriteEndArray();
        }
        else if (inner is not null)
        {
            WriteBlock(json, inner);
        }
        else if (Find($"{path}.*") is { } named)
        {
            json.WriteString("type", "object");
            WriteInner(json, "additionalProperties", named);
        }
        else if (Find($"{path}[]") is { } item)
        {
            json.WriteString("type", "array");
            WriteInner(json, "items", item);
        }
        else
        {
            WriteValue(json, key);
        }

        json.WriteEndObject();
    }

    private static KeySet? Find(string path) => ConfigKeys.All.FirstOrDefault(block => block.Path == path);

    // A client token may be a text instead of a block; a provider of the catalog may have an empty one.
    private static void WriteInner(Utf8JsonWriter json, string property, KeySet block)
    {
        json.WriteStartObject(property);
        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        WriteBlock(json, block);
        json.WriteEndObject();
        if (block == ConfigKeys.ClientToken)
        {
            WriteType(json, "string");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, ConfigKey key)
    {
        json.WriteStartArray("anyOf");
        switch (key.Kind)
        {
            case KeyKind.Integer or KeyKind.Decimal:
                json.WriteStartObject();
                json.WriteString("type", key.Kind == KeyKind.Integer ? "integer" : "number");
                json.WriteNumber("minimum", key.Min);
                json.WriteNumber("maximum", key.Max);
                json.WriteEndObject();
                WriteVariable(json);
                if (key.Block is { } block)
                {
                    json.WriteStartObject();
                    WriteBlock(json, block);
                    json.WriteEndObject();
                }

                break;
            case KeyKind.Blocks:
                json.WriteStartObject();
                json.WriteString("type", "array");
                WriteInner(json, "items", key.Block!);
                json.WriteEndObject();
                break;
            case KeyKind.Switch:
                WriteType(json, "boolean");
                WriteVariable(json);
                break;
            case KeyKind.Word:
                WriteWords(json, key);
                WriteVariable(json);
                break;
            case KeyKind.Texts:
                WriteList(json);
                break;
            case KeyKind.TextOrTexts:
                WriteType(json, "string");
                WriteList(json);
                break;
            case KeyKind.Map:
                json.WriteStartObject();
                json.WriteString("type", "object");
                json.WriteStartObject("additionalProperties");
                WriteScalars(json);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                json.WriteStartObject();
                WriteScalars(json);
                json.WriteEndObject();
                break;
        }

        json.WriteEndArray();
    }

    private static void WriteWords(Utf8JsonWriter json, ConfigKey key)
    {
        json.WriteStartObject();
        json.WriteStartArray("enum");
        foreach (string word in key.Words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    // YAML reads a text of digits as a number.
    private static void WriteScalars(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("number");
        json.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "array");
        json.WriteStartObject("items");
        WriteScalars(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Any value may come from the environment.
    private static void WriteVariable(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "string");
        json.WriteString("pattern", @"\$\{");
        json.WriteEndObject();
    }
}

using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Busbar.Tests;

/// <summary>
/// Validates JSON against the schemas of <c>../shared/schemas</c>, for the part of JSON Schema 2020-12 that they use. Keywords that only annotate are
/// ignored. <c>x-closed</c> means that no other member is known.
/// </summary>
internal static class SchemaCheck
{
    private static readonly ConcurrentDictionary<string, JsonDocument> Files = new();

    /// <summary>
    /// What is wrong with <paramref name="json"/>, one line each; empty when it is valid. <paramref name="definitionPointer"/> is a JSON pointer into
    /// the file, such as <c>#/$defs/Message</c>.
    /// </summary>
    public static IReadOnlyList<string> Validate(string schemaFile, string definitionPointer, byte[] json)
    {
        JsonElement root = Files.GetOrAdd(schemaFile, static file => JsonDocument.Parse(File.ReadAllBytes(Corpus.SchemaPath(file)))).RootElement;
        using JsonDocument document = JsonDocument.Parse(json);
        var errors = new List<string>();
        Check(root, Find(root, definitionPointer), document.RootElement, "", errors);
        return errors;
    }

    /// <summary>The same, for <paramref name="schema"/>, which stands in the document <paramref name="root"/>.</summary>
    public static IReadOnlyList<string> Validate(JsonElement root, JsonElement schema, JsonElement value)
    {
        var errors = new List<string>();
        Check(root, schema, value, "", errors);
        return errors;
    }

    private static JsonElement Find(JsonElement root, string pointer) => pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries)
        .Aggregate(root, (at, name) => at.GetProperty(name.Replace("~1", "/").Replace("~0", "~")));

    private static void Check(JsonElement root, JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            if (schema.ValueKind == JsonValueKind.False)
            {
                errors.Add($"{path}: nothing is allowed here");
            }

            return;
        }

        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            JsonElement rule = keyword.Value;
            switch (keyword.Name)
            {
                case "$ref":
                    Check(root, Find(root, rule.GetString()!), value, path, errors);
                    break;
                case "allOf":
                    foreach (JsonElement part in rule.EnumerateArray())
                    {
                        Check(root, part, value, path, errors);
                    }

                    break;
                case "anyOf" or "oneOf":
                    CheckAlternatives(root, rule, value, path, keyword.Name == "oneOf", errors);
                    break;
                case "type" when !(rule.ValueKind == JsonValueKind.Array
                    ? rule.EnumerateArray().Any(type => Is(value, type.GetString()!)) : Is(value, rule.GetString()!)):
                    errors.Add($"{path}: {value.ValueKind} is not of type {rule}");
                    break;
                case "enum" when !rule.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)):
                    errors.Add($"{path}: {value} is not one of {rule}");
                    break;
                case "const" when !JsonElement.DeepEquals(rule, value):
                    errors.Add($"{path}: {rule} was expected");
                    break;
                default:
                    CheckMembers(root, schema, keyword, value, path, errors);
                    break;
            }
        }
    }

    private static void CheckAlternatives(JsonElement root, JsonElement rule, JsonElement value, string path, bool exactlyOne, List<string> errors)
    {
        int matches = 0;
        List<string>? nearest = null;
        foreach (JsonElement alternative in rule.EnumerateArray())
        {
            var found = new List<string>();
            Check(root, alternative, value, path, found);
            matches += found.Count == 0 ? 1 : 0;
            nearest = nearest is null || found.Count < nearest.Count ? found : nearest;
        }

        if (matches == 0)
        {
            errors.AddRange(nearest ?? []);
        }
        else if (exactlyOne && matches > 1)
        {
            errors.Add($"{path}: matches {matches} alternatives");
        }
    }

    private static void CheckMembers(JsonElement root, JsonElement schema, JsonProperty keyword, JsonElement value, string path, List<string> errors)
    {
        JsonElement rule = keyword.Value;
        bool isObject = value.ValueKind == JsonValueKind.Object;
        bool isArray = value.ValueKind == JsonValueKind.Array;
        bool isString = value.ValueKind == JsonValueKind.String;
        bool isNumber = value.ValueKind == JsonValueKind.Number;
        switch (keyword.Name)
        {
            case "properties" when isObject:
                foreach (JsonProperty property in rule.EnumerateObject())
                {
                    if (value.TryGetProperty(property.Name, out JsonElement member))
                    {
                        Check(root, property.Value, member, $"{path}/{property.Name}", errors);
                    }
                }

                break;
            case "required" when isObject:
                errors.AddRange(rule.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _))
                    .Select(name => $"{path}: '{name}' is required"));
                break;
            case "additionalProperties" when isObject:
                foreach (JsonProperty member in Unknown(schema, value))
                {
                    Check(root, rule, member.Value, $"{path}/{member.Name}", errors);
                }

                break;
            case "x-closed" when isObject && rule.ValueKind == JsonValueKind.True:
                errors.AddRange(Unknown(schema, value).Select(member => $"{path}/{member.Name}: is not known"));
                break;
            case "items" when isArray:
                int index = 0;
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Check(root, rule, item, $"{path}/{index++}", errors);
                }

                break;
            default:
                bool broken = keyword.Name switch
                {
                    "minItems" => isArray && value.GetArrayLength() < rule.GetInt32(),
                    "maxItems" => isArray && value.GetArrayLength() > rule.GetInt32(),
                    "minProperties" => isObject && value.EnumerateObject().Count() < rule.GetInt32(),
                    "maxProperties" => isObject && value.EnumerateObject().Count() > rule.GetInt32(),
                    "minLength" => isString && value.GetString()!.EnumerateRunes().Count() < rule.GetInt32(),
                    "maxLength" => isString && value.GetString()!.EnumerateRunes().Count() > rule.GetInt32(),
                    "pattern" => isString && !Regex.IsMatch(value.GetString()!, rule.GetString()!),
                    "minimum" => isNumber && value.GetDouble() < rule.GetDouble(),
                    "maximum" => isNumber && value.GetDouble() > rule.GetDouble(),
                    _ => false,
                };
                if (broken)
                {
                    errors.Add($"{path}: breaks {keyword.Name} {rule}");
                }

                break;
        }
    }

    private static IEnumerable<JsonProperty> Unknown(JsonElement schema, JsonElement value) =>
        value.EnumerateObject().Where(member => !schema.TryGetProperty("properties", out JsonElement known)
            || !known.TryGetProperty(member.Name, out _));

    private static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(value.GetDouble()),
        _ => throw new ArgumentException($"unknown type {type}"),
    };
}

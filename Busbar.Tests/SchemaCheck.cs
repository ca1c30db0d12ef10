using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Busbar.Tests;

/// <summary>
/// Validates JSON against the published shapes of the providers' APIs. Knows the keywords that those files use; members beginning with
/// <c>x-</c>, titles, defaults and formats say nothing about validity.
/// </summary>
internal static class SchemaCheck
{
    private static readonly ConcurrentDictionary<string, JsonElement> Files = new();

    /// <summary>
    /// Violations found in <paramref name="json"/>, each as path and complaint; empty when it is valid. <paramref name="schemaFile"/> is a file of the
    /// shared schemas folder, <paramref name="definitionPointer"/> a pointer into it such as <c>#/$defs/Message</c>.
    /// </summary>
    public static IReadOnlyList<string> Validate(string schemaFile, string definitionPointer, byte[] json)
    {
        JsonElement root = Files.GetOrAdd(schemaFile, static file => JsonDocument.Parse(File.ReadAllBytes(Corpus.SchemaPath(file))).RootElement);
        using JsonDocument document = JsonDocument.Parse(json);
        var faults = new List<string>();
        Check(root, Resolve(root, definitionPointer), document.RootElement, "", faults);
        return faults;
    }

    private static void Check(JsonElement root, JsonElement schema, JsonElement value, string path, List<string> faults)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            if (schema.ValueKind == JsonValueKind.False)
            {
                faults.Add($"{path}: not allowed");
            }

            return;
        }

        if (value.ValueKind == JsonValueKind.Null && schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.ValueKind == JsonValueKind.True)
        {
            return;
        }

        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            CheckKeyword(root, schema, keyword.Name, keyword.Value, value, path, faults);
        }
    }

    private static void CheckKeyword(JsonElement root, JsonElement schema, string keyword, JsonElement rule, JsonElement value, string path, List<string> faults)
    {
        bool isValid = true;
        switch (keyword)
        {
            case "$ref":
                Check(root, Resolve(root, rule.GetString()!), value, path, faults);
                break;
            case "type":
                isValid = rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Any(type => IsType(type.GetString()!, value)) : IsType(rule.GetString()!, value);
                break;
            case "const":
                isValid = JsonElement.DeepEquals(rule, value);
                break;
            case "enum":
                isValid = rule.EnumerateArray().Any(option => JsonElement.DeepEquals(option, value));
                break;
            case "anyOf" or "oneOf":
                CheckAlternatives(root, rule, value, path, faults);
                break;
            case "allOf":
                foreach (JsonElement part in rule.EnumerateArray())
                {
                    Check(root, part, value, path, faults);
                }

                break;
            case "required" when value.ValueKind == JsonValueKind.Object:
                faults.AddRange(rule.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{path}: {name} is required"));
                break;
            case "properties" when value.ValueKind == JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (rule.TryGetProperty(member.Name, out JsonElement memberSchema))
                    {
                        Check(root, memberSchema, member.Value, $"{path}/{member.Name}", faults);
                    }
                }

                break;
            case "additionalProperties" when value.ValueKind == JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (!schema.TryGetProperty("properties", out JsonElement properties) || !properties.TryGetProperty(member.Name, out _))
                    {
                        Check(root, rule, member.Value, $"{path}/{member.Name}", faults);
                    }
                }

                break;
            case "propertyNames" when value.ValueKind == JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    Check(root, rule, JsonSerializer.SerializeToElement(member.Name), $"{path}/{member.Name}", faults);
                }

                break;
            case "items" when value.ValueKind == JsonValueKind.Array:
                int position = 0;
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Check(root, rule, item, $"{path}/{position++}", faults);
                }

                break;
            case "minItems" when value.ValueKind == JsonValueKind.Array:
                isValid = value.GetArrayLength() >= rule.GetInt64();
                break;
            case "maxItems" when value.ValueKind == JsonValueKind.Array:
                isValid = value.GetArrayLength() <= rule.GetInt64();
                break;
            case "minProperties" when value.ValueKind == JsonValueKind.Object:
                isValid = value.GetPropertyCount() >= rule.GetInt64();
                break;
            case "minLength" when value.ValueKind == JsonValueKind.String:
                isValid = value.GetString()!.EnumerateRunes().Count() >= rule.GetInt64();
                break;
            case "maxLength" when value.ValueKind == JsonValueKind.String:
                isValid = value.GetString()!.EnumerateRunes().Count() <= rule.GetInt64();
                break;
            case "pattern" when value.ValueKind == JsonValueKind.String:
                isValid = Regex.IsMatch(value.GetString()!, rule.GetString()!);
                break;
            case "minimum" when value.ValueKind == JsonValueKind.Number:
                isValid = value.GetDouble() >= rule.GetDouble();
                break;
            case "maximum" when value.ValueKind == JsonValueKind.Number:
                isValid = value.GetDouble() <= rule.GetDouble();
                break;
        }

        if (!isValid)
        {
            faults.Add($"{path}: violates {keyword} {Shorten(rule.GetRawText())}");
        }
    }

    // The complaints of the nearest miss say most.
    private static void CheckAlternatives(JsonElement root, JsonElement alternatives, JsonElement value, string path, List<string> faults)
    {
        List<string>? nearest = null;
        foreach (JsonElement alternative in alternatives.EnumerateArray())
        {
            var found = new List<string>();
            Check(root, alternative, value, path, found);
            if (found.Count == 0)
            {
                return;
            }

            nearest = nearest is null || found.Count < nearest.Count ? found : nearest;
        }

        faults.AddRange(nearest ?? []);
    }

    private static bool IsType(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(value.GetDouble()),
        _ => throw new InvalidOperationException($"unknown type {type}"),
    };

    private static JsonElement Resolve(JsonElement root, string pointer)
    {
        JsonElement found = root;
        foreach (string step in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            found = found.GetProperty(step.Replace("~1", "/").Replace("~0", "~"));
        }

        return found;
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80];
}

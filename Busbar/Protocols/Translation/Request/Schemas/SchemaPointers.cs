using System.Text;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Schemas;

/// <summary>What references inside one JSON Schema refer to, and whether they ever lead back to where they stand.</summary>
internal sealed class SchemaPointers(JsonNode root)
{
    private const string Definitions = "#/$defs/";

    // What one schema may take to be followed.
    private const int MaxSteps = 5000;

    private readonly Dictionary<string, bool> _open = [];
    private Dictionary<JsonText, JsonNode>? _definitions;
    private int _steps;

    /// <summary>Takes one step; false when the schema has taken too many.</summary>
    public bool Step() => _steps++ < MaxSteps;

    /// <summary>
    /// Whether a value could nest in itself without end. A decoder that is built from the schema cannot be built from such a one at Claude.
    /// </summary>
    public static bool IsRecursive(JsonSlice schema)
    {
        if (schema.Span.IndexOf("\"$ref\""u8) < 0)
        {
            return false;
        }

        using var tape = new JsonTape();
        return tape.TryParse(schema.Raw) && tape.Root.IsObject && new SchemaPointers(tape.Root).LeadsBack("#");
    }

    /// <summary>The schema that <paramref name="pointer"/> names; missing when it is none of this document.</summary>
    public JsonNode Resolve(string pointer)
    {
        if (!pointer.StartsWith('#'))
        {
            return default;
        }

        if (pointer.StartsWith(Definitions, StringComparison.Ordinal) && pointer.AsSpan(Definitions.Length).IndexOfAny('/', '~', '%') < 0)
        {
            return (_definitions ??= ByName(root["$defs"u8])).GetValueOrDefault(JsonText.From(pointer[Definitions.Length..]));
        }

        JsonNode found = root;
        foreach (string step in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            byte[] name = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal));
            found = found.IsArray && int.TryParse(step, out int position) ? found[position] : found[name];
        }

        return found;
    }

    private static Dictionary<JsonText, JsonNode> ByName(JsonNode definitions)
    {
        var named = new Dictionary<JsonText, JsonNode>();
        foreach (JsonMember definition in definitions.Members)
        {
            named[definition.Name] = definition.Value;
        }

        return named;
    }

    // True stands for a schema that is being followed, false for one that leads nowhere back.
    private bool LeadsBack(string pointer)
    {
        if (_open.TryGetValue(pointer, out bool isOpen))
        {
            return isOpen;
        }

        _open[pointer] = true;
        bool leadsBack = Holds(Resolve(pointer), isTop: true);
        _open[pointer] = false;
        return leadsBack;
    }

    private bool Holds(JsonNode node, bool isTop)
    {
        foreach (JsonNode item in node.Items)
        {
            if (Holds(item, isTop: false))
            {
                return true;
            }
        }

        foreach (JsonMember member in node.Members)
        {
            bool isDefinition = isTop && (member.Name.Is("$defs"u8) || member.Name.Is("definitions"u8));
            if (member.Name.Is("$ref"u8) && member.Value.IsString ? LeadsBack(member.Value.Text.ToString()) : !isDefinition
                && Holds(member.Value, isTop: false))
            {
                return true;
            }
        }

        return false;
    }
}

using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>The <c>input</c> of a call in protocols that take an object and nothing else.</summary>
internal static class ObjectInput
{
    /// <summary>
    /// Reads <paramref name="input"/> into <paramref name="call"/>: an object or null, or, as some compatible hosts answer, the text of one.
    /// </summary>
    public static void Read(JsonNode input, Block call, IrArena arena)
    {
        if (!input.IsString)
        {
            call.Input = input.Raw;
            return;
        }

        call.Input = arena.StoreParsed(input.Text);
        call.InputText = call.Input.IsAbsent && !input.Text.IsNullOrEmpty ? input.Text : default;
    }

    /// <summary>Writes the member; true when the input was no object and now stands inside one.</summary>
    public static bool Write(Block call, JsonWriter output)
    {
        if (call.Input.IsObject)
        {
            output.Raw("input"u8, call.Input);
            return false;
        }

        if (call.Input.IsNull && call.InputText.IsNullOrEmpty)
        {
            output.Raw("input"u8, "{}"u8);
            return false;
        }

        // "input" is the one property of the schema that stands in for a free-text tool.
        output.StartObject("input"u8);
        if (call.Input.IsNull)
        {
            output.Text(call.IsCustomTool ? "input"u8 : "args"u8, call.InputText);
        }
        else
        {
            output.Raw("args"u8, call.Input);
        }

        output.EndObject();
        return true;
    }
}

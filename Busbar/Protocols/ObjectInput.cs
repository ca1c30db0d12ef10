using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols;

/// <summary>The <c>input</c> of a call in dialects that take an object and nothing else.</summary>
internal static class ObjectInput
{
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

using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Tools;

/// <summary>
/// The <c>format</c> of custom tools. This protocol keeps a grammar in an object of its own, the representation (and the Responses API) beside the
/// type.
/// </summary>
internal static class CustomFormats
{
    /// <summary>The format in its flat form; absent when there is none.</summary>
    public static JsonSlice Read(JsonNode format, IrArena arena)
    {
        JsonNode grammar = format["grammar"u8];
        if (!grammar.IsObject)
        {
            return format.IsObject ? format.Raw : default;
        }

        using var flat = new PooledBuffer(grammar.Raw.Raw.Length + 32);
        var writer = new JsonWriter(flat);
        writer.StartObject();
        writer.Literal("type"u8, "grammar"u8);
        foreach (JsonMember member in grammar.Members)
        {
            writer.Raw(member.Name.Span, member.Value.Raw);
        }

        writer.EndObject();
        return new(arena.Store(flat.Span));
    }

    /// <summary>Writes the member for a flat format; nothing when it is absent.</summary>
    public static void Write(JsonSlice format, JsonWriter output)
    {
        using var tape = new JsonTape();
        if (!format.IsObject || !tape.TryParse(format.Raw) || !tape.Root["definition"u8].IsString)
        {
            output.RawIfPresent("format"u8, format);
            return;
        }

        output.StartObject("format"u8);
        output.Literal("type"u8, "grammar"u8);
        output.StartObject("grammar"u8);
        foreach (JsonMember member in tape.Root.Members)
        {
            if (!member.Name.Is("type"u8))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        output.EndObject();
        output.EndObject();
    }
}

using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Tools;

/// <summary>Entries of <c>tool_calls</c> in whole messages.</summary>
internal static class ToolCalls
{
    private static readonly JsonSlice NoArguments = JsonSlice.From("{}"u8);

    /// <summary>Reads one entry; null when it is not a call.</summary>
    public static Block? Read(JsonNode call, IrArena arena)
    {
        JsonNode custom = call["custom"u8];
        Block block;
        if (IsCustom(call))
        {
            block = arena.NewBlock(BlockKind.ToolUse);
            block.Id = call["id"u8].Text;
            block.Name = custom["name"u8].Text;
            block.InputText = custom["input"u8].Text;
            block.IsCustomTool = true;
        }
        else if (call["function"u8] is { IsObject: true } function)
        {
            block = ReadFunction(function, call["id"u8].Text, arena);
        }
        else
        {
            return null;
        }

        if (block.Id.IsNullOrEmpty)
        {
            block.Id = JsonText.From(Ids.Random("call_", 24));
        }

        block.Signature = Signature(call);
        if (!block.Signature.IsAbsent)
        {
            block.Origin = ProtocolId.Gemini;
        }

        return block;
    }

    /// <summary>
    /// Whether the entry calls a free-text tool. Hosts that write out whole structs fill every member of the union: what has no name does not count.
    /// </summary>
    public static bool IsCustom(JsonNode call) =>
        call["custom"u8].IsObject && (!call["function"u8].IsObject || !call["custom"u8]["name"u8].Text.IsNullOrEmpty
            || call["type"u8].Text.Is("custom"u8))
        && !call["type"u8].Text.Is("function"u8);

    /// <summary>Reads the <c>function</c> object of a call, or a legacy <c>function_call</c>.</summary>
    public static Block ReadFunction(JsonNode function, JsonText id, IrArena arena)
    {
        Block block = arena.NewBlock(BlockKind.ToolUse);
        block.Id = id;
        block.Name = function["name"u8].Text;
        if (block.Name.IsAbsent)
        {
            block.Name = JsonText.Empty;
        }

        JsonNode arguments = function["arguments"u8];
        if (arguments.IsString && !JsonSyntax.Trim(arguments.Text.Span).IsEmpty)
        {
            block.Input = arena.StoreParsed(arguments.Text);
            block.InputText = block.Input.IsAbsent ? arguments.Text : default;
        }
        else
        {
            block.Input = arguments.IsObject ? arguments.Raw : NoArguments;
        }

        return block;
    }

    /// <summary>The Gemini thought signature that Google's compatible endpoint attaches to a call; absent when there is none.</summary>
    public static JsonText Signature(JsonNode call)
    {
        JsonText signature = call["extra_content"u8]["google"u8]["thought_signature"u8].Text;
        return signature.IsNullOrEmpty ? default : signature;
    }

    /// <summary>Writes a call as the next value.</summary>
    public static void Write(Block block, JsonWriter output)
    {
        output.StartObject();
        output.Text("id"u8, block.Id);
        if (block.IsCustomTool)
        {
            output.Literal("type"u8, "custom"u8);
            output.StartObject("custom"u8);
            output.Text("name"u8, block.Name);
            WriteInput("input"u8, block, output);
        }
        else
        {
            output.Literal("type"u8, "function"u8);
            output.StartObject("function"u8);
            output.Text("name"u8, block.Name);
            WriteInput("arguments"u8, block, output);
        }

        output.EndObject();
        WriteSignature(block.Signature, block.Origin, output);
        output.EndObject();
    }

    /// <summary>Writes a Gemini signature where Google's endpoint and its clients look for it; nothing for any other.</summary>
    public static void WriteSignature(JsonText signature, ProtocolId origin, JsonWriter output)
    {
        if (!signature.IsNullOrEmpty && origin == ProtocolId.Gemini)
        {
            output.StartObject("extra_content"u8);
            output.StartObject("google"u8);
            output.Text("thought_signature"u8, signature);
            output.EndObject();
            output.EndObject();
        }
    }

    /// <summary>Writes the input of a call as a string, the value of <paramref name="name"/>.</summary>
    public static void WriteInput(ReadOnlySpan<byte> name, Block block, JsonWriter output)
    {
        if (!block.InputText.IsAbsent)
        {
            output.Text(name, block.InputText);
        }
        else
        {
            output.Stringified(name, block.Input.IsNull ? NoArguments : block.Input);
        }
    }
}

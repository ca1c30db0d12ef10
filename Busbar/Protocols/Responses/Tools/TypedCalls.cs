using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>Calls of the tools that this API knows by their type, from the arguments another model gave.</summary>
internal static class TypedCalls
{
    /// <summary>What ids of the items begin with.</summary>
    public static string IdPrefix(ToolForm form) => form switch
    {
        ToolForm.Custom => "ctc_",
        ToolForm.LocalShell => "lsh_",
        ToolForm.Shell => "sh_",
        ToolForm.ApplyPatch => "apc_",
        ToolForm.ToolSearch => "tsc_",
        ToolForm.Computer => "cu_",
        _ => "fc_",
    };

    /// <summary>
    /// Writes type, call id and <paramref name="arguments"/> of a call into an open item. False, with nothing written, when the arguments lack what
    /// clients read first: the call is then shown as the function call it was, and fails there with the client's words.
    /// </summary>
    public static bool TryWrite(ToolForm form, JsonText callId, JsonSlice arguments, JsonWriter output)
    {
        using var tape = new JsonTape();
        if (!arguments.IsObject || !tape.TryParse(arguments.Raw))
        {
            return false;
        }

        JsonNode root = tape.Root;
        switch (form)
        {
            case ToolForm.LocalShell when root["command"u8].IsArray:
                Begin("local_shell_call"u8, callId, output);
                output.StartObject("action"u8);
                output.Literal("type"u8, "exec"u8);
                CopyBut("type"u8, root, output);
                if (!root["env"u8].IsObject)
                {
                    output.Raw("env"u8, "{}"u8);
                }

                output.EndObject();
                return true;
            case ToolForm.Shell when root["commands"u8].IsArray:
                Begin("shell_call"u8, callId, output);
                output.StartObject("action"u8);
                CopyBut(default, root, output);
                WriteMissing("timeout_ms"u8, root, output);
                WriteMissing("max_output_length"u8, root, output);
                output.EndObject();
                output.Null("environment"u8);
                return true;
            case ToolForm.ApplyPatch when root["type"u8].IsString && root["path"u8].IsString:
                Begin("apply_patch_call"u8, callId, output);
                output.Raw("operation"u8, arguments);
                return true;
            case ToolForm.ToolSearch:
                Begin("tool_search_call"u8, callId, output);
                output.Literal("execution"u8, "client"u8);
                output.Raw("arguments"u8, arguments);
                return true;
            case ToolForm.Computer when root["actions"u8].IsArray:
                Begin("computer_call"u8, callId, output);
                output.Raw("actions"u8, root["actions"u8].Raw);
                output.Raw("pending_safety_checks"u8, "[]"u8);
                return true;
            default:
                return false;
        }
    }

    private static void Begin(ReadOnlySpan<byte> type, JsonText callId, JsonWriter output)
    {
        output.Literal("type"u8, type);
        output.Text("call_id"u8, callId);
    }

    private static void CopyBut(ReadOnlySpan<byte> left, JsonNode source, JsonWriter output)
    {
        foreach (JsonMember member in source.Members)
        {
            if (!member.Name.Is(left) && !(member.Name.Is("env"u8) && !member.Value.IsObject))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }
    }

    private static void WriteMissing(ReadOnlySpan<byte> name, JsonNode source, JsonWriter output)
    {
        if (source[name].IsMissing)
        {
            output.Null(name);
        }
    }
}

using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Tools;

/// <summary>
/// Tools that the API knows by their type and the client runs (API reference, "Local shell", "Shell", "Apply patch", "Computer use", "Tool search"):
/// what another model must be told of them, as functions. Their arguments are the object that the items of their calls carry.
/// </summary>
internal static class ClientTools
{
    private static readonly JsonText LocalShellName = JsonText.From("local_shell");
    private static readonly JsonText ShellName = JsonText.From("shell");
    private static readonly JsonText ApplyPatchName = JsonText.From("apply_patch");
    private static readonly JsonText ToolSearchName = JsonText.From("tool_search");
    private static readonly JsonText ComputerName = JsonText.From("computer");

    private static readonly JsonText LocalShellWords = JsonText.From("Runs one command on the user's machine and returns what it prints.");
    private static readonly JsonText ShellWords = JsonText.From(
        "Runs commands in a shell on the user's machine, at the same time, and returns what they print and how they end.");
    private static readonly JsonText ApplyPatchWords = JsonText.From(
        "Creates, changes or deletes one file. The diff is in the V4A format: for a new file every line begins with \"+\"; for a change, " +
            "sections that "
        + "begin with \"@@\" and the line they are under, with lines of context (\" \"), removed lines (\"-\") and added lines (\"+\").");
    private static readonly JsonText ToolSearchWords = JsonText.From("Looks for further tools. Those it finds can be called from then on.");
    private static readonly JsonText ComputerWords = JsonText.From("Acts on the screen of a computer, in order, and returns a screenshot.");

    private static readonly JsonSlice LocalShellSchema = JsonSlice.From("""
        {"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"Program and arguments."},"working_directory":{"type":"string"},"timeout_ms":{"type":"integer"},"env":{"type":"object","additionalProperties":{"type":"string"}},"user":{"type":"string"}},"required":["command"]}
        """u8);

    private static readonly JsonSlice ShellSchema = JsonSlice.From("""
        {"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"Command lines."},"timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer"}},"required":["commands"]}
        """u8);

    private static readonly JsonSlice ApplyPatchSchema = JsonSlice.From("""
        {"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},"diff":{"type":"string","description":"Not for delete_file."}},"required":["type","path"]}
        """u8);

    private static readonly JsonSlice ToolSearchSchema = JsonSlice.From("""
        {"type":"object","properties":{"query":{"type":"string","description":"What the tool should be able to do."}},"required":["query"]}
        """u8);

    private static readonly JsonSlice ComputerSchema = JsonSlice.From("""
        {"type":"object","properties":{"actions":{"type":"array","items":{"type":"object","properties":{"type":{"type":"string","enum":["click","double_click","drag","keypress","move","screenshot","scroll","type","wait"]},"x":{"type":"integer"},"y":{"type":"integer"},"button":{"type":"string","enum":["left","right","wheel","back","forward"]},"path":{"type":"array","items":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"integer"}},"required":["x","y"]}},"keys":{"type":"array","items":{"type":"string"}},"scroll_x":{"type":"integer"},"scroll_y":{"type":"integer"},"text":{"type":"string"}},"required":["type"]}}},"required":["actions"]}
        """u8);

    /// <summary>
    /// Fills <paramref name="read"/> in when <paramref name="tool"/> is one of them. False when it is not, or when the vendor runs it.
    /// </summary>
    public static bool TryRead(JsonNode tool, JsonText type, ref Tool read)
    {
        ToolForm form = FormOf(tool, type);
        if (form == ToolForm.Function)
        {
            return false;
        }

        read.Kind = ToolKind.Function;
        read.IsTyped = true;
        read.Form = form;
        (read.Name, read.Description, read.Schema) = form switch
        {
            ToolForm.LocalShell => (LocalShellName, LocalShellWords, LocalShellSchema),
            ToolForm.Shell => (ShellName, ShellWords, ShellSchema),
            ToolForm.ApplyPatch => (ApplyPatchName, ApplyPatchWords, ApplyPatchSchema),
            ToolForm.Computer => (ComputerName, ComputerWords, ComputerSchema),
            _ => (ToolSearchName, ToolSearchWords, ToolSearchSchema),
        };
        if (form == ToolForm.ToolSearch)
        {
            read.Description = tool["description"u8].Text.IsNullOrEmpty ? read.Description : tool["description"u8].Text;
            read.Schema = tool["parameters"u8].IsObject ? tool["parameters"u8].Raw : read.Schema;
        }

        return true;
    }

    /// <summary>The name under which calls of <paramref name="form"/> go to other models.</summary>
    public static JsonText NameOf(ToolForm form) => form switch
    {
        ToolForm.LocalShell => LocalShellName,
        ToolForm.Shell => ShellName,
        ToolForm.ApplyPatch => ApplyPatchName,
        ToolForm.Computer => ComputerName,
        _ => ToolSearchName,
    };

    /// <summary>What a <c>tool_choice</c> of <paramref name="type"/> forces; Function when that is no tool of these.</summary>
    public static ToolForm FormOf(JsonText type) => type switch
    {
        _ when type.Is("local_shell"u8) => ToolForm.LocalShell,
        _ when type.Is("shell"u8) => ToolForm.Shell,
        _ when type.Is("apply_patch"u8) => ToolForm.ApplyPatch,
        _ when type.Is("computer"u8) || type.Is("computer_use_preview"u8) || type.Is("computer_use"u8) => ToolForm.Computer,
        _ when type.Is("tool_search"u8) => ToolForm.ToolSearch,
        _ => ToolForm.Function,
    };

    private static ToolForm FormOf(JsonNode tool, JsonText type)
    {
        ToolForm form = FormOf(type);
        bool isVendorRun = form switch
        {
            ToolForm.Shell => tool["environment"u8]["type"u8].Text.Span.StartsWith("container"u8),
            ToolForm.ToolSearch => !tool["execution"u8].Text.Is("client"u8),
            _ => false,
        };
        return isVendorRun ? ToolForm.Function : form;
    }
}

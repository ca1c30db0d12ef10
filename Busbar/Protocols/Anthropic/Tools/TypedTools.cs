using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Tools;

/// <summary>
/// Tools that Claude knows by a dated type and the client runs (documentation of the bash, text editor, memory and computer use tools): what another
/// model must be told of them, as functions. Calls and results have the same form as those of any function here.
/// </summary>
internal static class TypedTools
{
    private static readonly JsonText BashWords = JsonText.From("Runs a command in a bash session that keeps its state between calls.");
    private static readonly JsonText EditorWords = JsonText.From("Views, creates and edits text files.");
    private static readonly JsonText MemoryWords = JsonText.From(
        "Stores notes in files under /memories that outlive the conversation. View the directory before starting on a task, and note what will be " +
            "of use later.");
    private static readonly JsonText ComputerWords = JsonText.From(
        "Acts on the screen of a computer and returns a screenshot. Coordinates are pixels [x, y] from the upper left corner of a screen of ");

    private static readonly JsonSlice BashSchema = JsonSlice.From("""
        {"type":"object","properties":{"command":{"type":"string","description":"The command to run."},"restart":{"type":"boolean","description":"Set to start the session anew, without a command."}}}
        """u8);

    private static readonly JsonSlice EditorSchema = JsonSlice.From("""
        {"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert"]},"path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line; -1 is the end."},"file_text":{"type":"string","description":"For create."},"old_str":{"type":"string","description":"For str_replace: text that stands in the file exactly once."},"new_str":{"type":"string","description":"For str_replace; older clients take it for insert too."},"insert_line":{"type":"integer","description":"For insert: the line to insert behind; 0 is the beginning."},"insert_text":{"type":"string","description":"For insert."}},"required":["command","path"]}
        """u8);

    private static readonly JsonSlice UndoableEditorSchema = JsonSlice.From("""
        {"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","undo_edit"]},"path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line; -1 is the end."},"file_text":{"type":"string","description":"For create."},"old_str":{"type":"string","description":"For str_replace: text that stands in the file exactly once."},"new_str":{"type":"string","description":"For str_replace and insert."},"insert_line":{"type":"integer","description":"For insert: the line to insert behind; 0 is the beginning."}},"required":["command","path"]}
        """u8);

    private static readonly JsonSlice MemorySchema = JsonSlice.From("""
        {"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"]},"path":{"type":"string","description":"For all but rename."},"view_range":{"type":"array","items":{"type":"integer"},"description":"For view."},"file_text":{"type":"string","description":"For create."},"old_str":{"type":"string","description":"For str_replace."},"new_str":{"type":"string","description":"For str_replace."},"insert_line":{"type":"integer","description":"For insert."},"insert_text":{"type":"string","description":"For insert."},"old_path":{"type":"string","description":"For rename."},"new_path":{"type":"string","description":"For rename."}},"required":["command"]}
        """u8);

    private static readonly JsonSlice ComputerSchema = JsonSlice.From("""
        {"type":"object","properties":{"action":{"type":"string","enum":["key","type","mouse_move","left_click","left_click_drag","right_click","middle_click","double_click","triple_click","left_mouse_down","left_mouse_up","scroll","hold_key","wait","screenshot","cursor_position","zoom"]},"coordinate":{"type":"array","items":{"type":"integer"}},"start_coordinate":{"type":"array","items":{"type":"integer"},"description":"For left_click_drag."},"text":{"type":"string","description":"For type; the keys for key and hold_key."},"scroll_direction":{"type":"string","enum":["up","down","left","right"]},"scroll_amount":{"type":"integer"},"duration":{"type":"number","description":"Seconds, for hold_key and wait."},"region":{"type":"array","items":{"type":"integer"},"description":"For zoom: x0, y0, x1, y1."}},"required":["action"]}
        """u8);

    /// <summary>Fills <paramref name="tool"/> in when <paramref name="type"/> is one of them, of whatever date. False otherwise.</summary>
    public static bool TryRead(JsonNode node, JsonText type, ref Tool tool)
    {
        if (tool.Name.IsNullOrEmpty)
        {
            return false;
        }

        (JsonText words, JsonSlice schema) = type switch
        {
            _ when type.Span.StartsWith("bash_2"u8) => (BashWords, BashSchema),
            _ when type.Is("text_editor_20241022"u8) || type.Is("text_editor_20250124"u8) => (EditorWords, UndoableEditorSchema),
            _ when type.Span.StartsWith("text_editor_2"u8) => (EditorWords, EditorSchema),
            _ when type.Span.StartsWith("memory_2"u8) => (MemoryWords, MemorySchema),
            _ when type.Span.StartsWith("computer_2"u8) => (DescribeScreen(node), ComputerSchema),
            _ when node["input_schema"u8].IsObject => (node["description"u8].Text, node["input_schema"u8].Raw),
            _ => (default, default),
        };
        if (schema.IsAbsent)
        {
            return false;
        }

        tool.Kind = ToolKind.Function;
        tool.IsTyped = true;
        tool.Description = words;
        tool.Schema = schema;
        tool.IsDeferred = node["defer_loading"u8].IsTrue;
        return true;
    }

    private static JsonText DescribeScreen(JsonNode node) =>
        JsonText.From($"{ComputerWords}{node["display_width_px"u8].Integer ?? 1024} x {node["display_height_px"u8].Integer ?? 768}.");
}

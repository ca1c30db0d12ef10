namespace Busbar.Ir.Request;

/// <summary>
/// How the client spells the calls of a tool that it runs itself. Every form but <see cref="Function"/> and <see cref="Custom"/> is one kind of item
/// of the Responses API, whose arguments are one object under a name of its own.
/// </summary>
internal enum ToolForm : byte
{
    /// <summary>A function call: arguments are a JSON object.</summary>
    Function,

    /// <summary>A custom tool call: the argument is free text.</summary>
    Custom,

    /// <summary><c>local_shell_call</c>: one command as a list of words, under <c>action</c>.</summary>
    LocalShell,

    /// <summary><c>shell_call</c>: commands for a shell, under <c>action</c>.</summary>
    Shell,

    /// <summary><c>apply_patch_call</c>: a change of one file, under <c>operation</c>.</summary>
    ApplyPatch,

    /// <summary><c>tool_search_call</c> that the client answers: any object, under <c>arguments</c>.</summary>
    ToolSearch,

    /// <summary><c>computer_call</c>: a list under <c>actions</c>.</summary>
    Computer,
}

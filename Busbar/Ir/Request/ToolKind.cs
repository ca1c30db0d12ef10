namespace Busbar.Ir.Request;

/// <summary>Who runs a tool and how its arguments look.</summary>
internal enum ToolKind : byte
{
    /// <summary>Run by the client, arguments are a JSON object.</summary>
    Function,

    /// <summary>Run by the client, the argument is free text.</summary>
    Custom,

    /// <summary>
    /// Run by the vendor (search, code, computer, MCP): only <see cref="Tool.Raw"/>, <see cref="Tool.Name"/> where it has one, and
    /// <see cref="Tool.Origin"/>.
    /// </summary>
    Hosted,
}

namespace Busbar.Ir.Request;

/// <summary>Modes of <see cref="ToolChoice"/>.</summary>
internal enum ToolChoiceKind : byte
{
    /// <summary>The caller did not say.</summary>
    Unspecified,

    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>No tool may be called.</summary>
    None,

    /// <summary>Some tool must be called.</summary>
    Required,

    /// <summary>One named tool must be called.</summary>
    Tool,

    /// <summary>Only the named tools may be called.</summary>
    Allowed,
}

using Busbar.Wire;

namespace Busbar.Ir;

/// <summary>A tool the model may call.</summary>
internal struct Tool
{
    /// <summary>Function, custom or vendor-run.</summary>
    public ToolKind Kind;

    /// <summary>Name the model calls it by.</summary>
    public JsonText Name;

    /// <summary>What it does.</summary>
    public JsonText Description;

    /// <summary>JSON Schema of the arguments; absent or null means "no arguments".</summary>
    public JsonSlice Schema;

    /// <summary>Whether arguments must match the schema; null when unsaid.</summary>
    public bool? Strict;

    /// <summary>Cache breakpoint after this tool.</summary>
    public CacheMark Cache;

    /// <summary>Custom tool: its format object.</summary>
    public JsonSlice Format;

    /// <summary>The entry as read, for replay to <see cref="Origin"/>.</summary>
    public JsonSlice Raw;

    /// <summary>The dialect it was read from.</summary>
    public ProtocolId Origin;
}

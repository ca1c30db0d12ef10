using Busbar.Wire.Json;

namespace Busbar.Ir.Request;

/// <summary>A tool the model may call.</summary>
internal struct Tool
{
    /// <summary>Function, custom or vendor-run.</summary>
    public ToolKind Kind;

    /// <summary>Name the model calls it by.</summary>
    public JsonText Name;

    /// <summary>The client's group of tools that <see cref="OwnName"/> is one of; absent when it stands in none.</summary>
    public JsonText Namespace;

    /// <summary>Its name in the <see cref="Namespace"/>; absent without one. <see cref="Name"/> is then unique over all groups.</summary>
    public JsonText OwnName;

    /// <summary>How the client spells its calls, for tools of kind Function.</summary>
    public ToolForm Form;

    /// <summary>The vendor of its protocol knows it by its type, and describes it to the model itself.</summary>
    public bool IsTyped;

    /// <summary>Offered only once something in the conversation refers to it.</summary>
    public bool IsDeferred;

    /// <summary>Defined by an item of the conversation, which replays it to its own protocol.</summary>
    public bool IsLoaded;

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

    /// <summary>The entry as read, for replay to <see cref="Origin"/>. Of a group the first member has the whole entry, the others nothing.</summary>
    public JsonSlice Raw;

    /// <summary>The protocol it was read from.</summary>
    public ProtocolId Origin;
}

using Busbar.Wire.Json;

namespace Busbar.Ir.Request;

/// <summary>The demanded form of the answer. <c>default</c> is free text.</summary>
internal struct ResponseFormat
{
    /// <summary>The answer must be JSON.</summary>
    public bool Json;

    /// <summary>JSON Schema of the answer; absent for any JSON.</summary>
    public JsonSlice Schema;

    /// <summary>Name of the schema, where the protocol has one.</summary>
    public JsonText Name;

    /// <summary>Description of the schema, where the protocol has one.</summary>
    public JsonText Description;

    /// <summary>Whether the schema binds strictly; null when unsaid.</summary>
    public bool? Strict;
}

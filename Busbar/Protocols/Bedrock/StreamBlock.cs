using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>What stands at one <c>contentBlockIndex</c> of a stream that is read.</summary>
internal struct StreamBlock
{
    /// <summary>Its number among the events.</summary>
    public int Number;

    /// <summary>What it is; meaningful while open.</summary>
    public BlockKind Kind;

    /// <summary>Opened and not yet stopped.</summary>
    public bool IsOpen;

    /// <summary>Call id of a tool that was announced before the message began and opens with its first argument; absent otherwise.</summary>
    public JsonText EarlyId;

    /// <summary>Name of such a tool.</summary>
    public JsonText EarlyName;
}

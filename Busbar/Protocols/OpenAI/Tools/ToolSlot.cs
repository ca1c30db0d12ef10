using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Tools;

/// <summary>One streamed tool call. It opens when its name has come; whatever comes before that is kept.</summary>
internal sealed class ToolSlot : IDisposable
{
    /// <summary>Position in the provider's <c>tool_calls</c>.</summary>
    public long WireIndex;

    /// <summary>Block number; meaningful once open.</summary>
    public int Index;

    /// <summary>The block has started.</summary>
    public bool IsOpen;

    /// <summary>The block has ended; later pieces with the same position belong to a new call.</summary>
    public bool IsClosed;

    /// <summary>The tool takes free text.</summary>
    public bool IsCustom;

    /// <summary>The call's id, which outlives the frame it came in.</summary>
    public JsonText Id;

    /// <summary>Arguments that came before the name.</summary>
    public PooledBuffer? Early;

    /// <summary>Keeps arguments until the block opens.</summary>
    public void Keep(JsonText arguments) => (Early ??= new PooledBuffer(256)).Write(arguments.Span);

    /// <inheritdoc/>
    public void Dispose() => Early?.Dispose();
}

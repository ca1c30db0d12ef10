using System.Buffers.Binary;
using Busbar.Ir;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini.Tools;

/// <summary>Ids for function calls that came without one. The same call of the same conversation always gets the same id.</summary>
internal static class CallIds
{
    private const int HashLength = 24;

    /// <summary>
    /// The id of call number <paramref name="ordinal"/>, named <paramref name="name"/>. <paramref name="salt"/> is the answer's id, so that calls of
    /// different answers differ; absent for a request, whose calls are numbered throughout.
    /// </summary>
    public static JsonText Of(JsonText salt, int ordinal, JsonText name, IrArena arena)
    {
        using var source = new PooledBuffer(256);
        source.Write(salt.Span);
        source.Write((byte)0);
        BinaryPrimitives.WriteInt32LittleEndian(source.GetSpan(sizeof(int)), ordinal);
        source.Advance(sizeof(int));
        source.Write(name.Span);
        Span<byte> id = stackalloc byte[5 + HashLength];
        "call_"u8.CopyTo(id);
        ToolIds.Hash(source.Span, id[5..]);
        return arena.StoreText(id);
    }
}

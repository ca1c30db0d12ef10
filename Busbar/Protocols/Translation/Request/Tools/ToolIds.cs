using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>
/// Tool-call ids of the shape each protocol expects. The same id always becomes the same id, so calls and results stay paired within a request and
/// from turn to turn. An id that cannot be kept is replaced by a hash of it; one that is used twice, by a hash of it and of its number.
/// </summary>
internal static class ToolIds
{
    private const int HashLength = 24;

    /// <summary>Letters and digits in an id at Mistral, whose API refuses every other length (error 3280).</summary>
    private const int ShortLength = 9;

    private static readonly SearchValues<byte> Alphanumeric =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"u8);

    // No vendor without a stated limit makes longer ones.
    private const int LongestAnywhere = 256;

    private static ReadOnlySpan<byte> Base62 => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>What native ids of <paramref name="protocol"/> start with; empty where ids have no shape.</summary>
    public static ReadOnlySpan<byte> Prefix(ProtocolId protocol) => ProtocolTable.Get(protocol).Tools.IdPrefix;

    /// <summary>Longest id <paramref name="protocol"/> takes; 0 where any length goes.</summary>
    public static int MaxLength(ProtocolId protocol) => ProtocolTable.Get(protocol).Tools.MaxId;

    /// <summary>
    /// The id under which a client of <paramref name="ingress"/> sees the provider's <paramref name="id"/>. Only the provider's own prefix is
    /// exchanged, everything else is hashed: two different ids of one answer can then never become one.
    /// </summary>
    public static JsonText ToClient(ProtocolId egress, ProtocolId ingress, JsonText id, IrArena arena)
    {
        ReadOnlySpan<byte> prefix = Prefix(ingress);
        if (prefix.IsEmpty)
        {
            return id;
        }

        ReadOnlySpan<byte> native = Prefix(egress);
        ReadOnlySpan<byte> suffix = native.IsEmpty || !id.Span.StartsWith(native) ? default : id.Span[native.Length..];
        if (suffix.IsEmpty || suffix.ContainsAnyExcept(ToolsForm.UsualCharacters) || prefix.Length + suffix.Length > MaxLength(ingress))
        {
            return Hashed(prefix, id, arena, HashLength);
        }

        Span<byte> joined = stackalloc byte[64];
        prefix.CopyTo(joined);
        suffix.CopyTo(joined[prefix.Length..]);
        return arena.StoreText(joined[..(prefix.Length + suffix.Length)]);
    }

    /// <summary>
    /// As the other overload, but never an id that the conversation or this answer uses already: clients find results by it. What stands in its place
    /// follows from the history alone, so that every node and every turn agrees.
    /// </summary>
    public static JsonText ToClient(TranslationContext context, JsonText id, IrArena arena)
    {
        JsonText shown = ToClient(context.Egress, context.Ingress, id, arena);
        while (!context.TryTakeCallId(shown))
        {
            ReadOnlySpan<byte> prefix = Prefix(context.Ingress);
            shown = Numbered(prefix.IsEmpty ? "call_"u8 : prefix, id, context.CallIds, HashLength, arena);
        }

        return shown;
    }

    /// <summary>
    /// The id under which <paramref name="egress"/> is told of the client's <paramref name="id"/>; the same one when it is legal there.
    /// <paramref name="isShort"/> asks for nine letters or digits.
    /// </summary>
    public static JsonText ToProvider(ProtocolId egress, JsonText id, IrArena arena, bool isShort = false)
    {
        if (isShort)
        {
            return id.Escaped.Length == ShortLength && !id.Span.ContainsAnyExcept(Alphanumeric) ? id : Hashed(default, id, arena, ShortLength);
        }

        int limit = MaxLength(egress);
        bool isLegal = limit == 0
            ? !id.IsNullOrEmpty && id.Escaped.Length <= LongestAnywhere
            : !id.IsNullOrEmpty && id.Escaped.Length <= limit && !id.Span.ContainsAnyExcept(ToolsForm.UsualCharacters)
                && !IsReserved(egress, id.Span);
        return isLegal ? id : Hashed(Prefix(egress), id, arena, HashLength);
    }

    /// <summary>
    /// What <paramref name="egress"/> is told of the <paramref name="number"/>th call that the history gives <paramref name="id"/>.
    /// </summary>
    public static JsonText Repeated(ProtocolId egress, JsonText id, int number, IrArena arena, bool isShort = false) =>
        Numbered(isShort ? default : Prefix(egress), id, number, isShort ? ShortLength : HashLength, arena);

    /// <summary>Base-62 characters that stand for <paramref name="source"/>; fills <paramref name="output"/>, at most 24 characters.</summary>
    public static void Hash(ReadOnlySpan<byte> source, Span<byte> output)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source, digest);
        for (int index = 0; index < output.Length; index++)
        {
            output[index] = Base62[digest[index] % Base62.Length];
        }
    }

    private static bool IsReserved(ProtocolId egress, ReadOnlySpan<byte> id) =>
        ProtocolTable.Get(egress).Tools.ReservedIds is { Length: > 0 } reserved && id.StartsWith(reserved);

    private static JsonText Numbered(ReadOnlySpan<byte> prefix, JsonText id, int number, int length, IrArena arena)
    {
        using var source = new PooledBuffer(id.Escaped.Length + 8);
        source.Write(id.Span);
        BinaryPrimitives.WriteInt32LittleEndian(source.GetSpan(sizeof(int)), number);
        source.Advance(sizeof(int));
        return Hashed(prefix, new JsonText(source.Memory), arena, length);
    }

    private static JsonText Hashed(ReadOnlySpan<byte> prefix, JsonText id, IrArena arena, int length)
    {
        Span<byte> joined = stackalloc byte[16 + HashLength];
        prefix.CopyTo(joined);
        Hash(id.Span, joined.Slice(prefix.Length, length));
        return arena.StoreText(joined[..(prefix.Length + length)]);
    }
}

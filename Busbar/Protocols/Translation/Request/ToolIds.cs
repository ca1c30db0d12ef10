using System.Buffers;
using System.Security.Cryptography;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>
/// Tool-call ids of the shape each dialect expects. Stateless: the same id always becomes the same id, so calls and results stay paired within a request
/// and from turn to turn. An id that cannot be kept is replaced by a hash of it.
/// </summary>
internal static class ToolIds
{
    private const int HashLength = 24;

    private static readonly SearchValues<byte> Legal =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    private static ReadOnlySpan<byte> Base62 => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>What native ids of <paramref name="protocol"/> start with; empty where ids have no shape.</summary>
    public static ReadOnlySpan<byte> Prefix(ProtocolId protocol) => protocol switch
    {
        ProtocolId.Anthropic => "toolu_"u8,
        ProtocolId.Bedrock => "tooluse_"u8,
        ProtocolId.OpenAI or ProtocolId.Responses => "call_"u8,
        _ => default,
    };

    /// <summary>Longest id <paramref name="protocol"/> takes; 0 where any length goes.</summary>
    public static int MaxLength(ProtocolId protocol) => protocol switch
    {
        ProtocolId.OpenAI => 40,
        ProtocolId.Anthropic or ProtocolId.Bedrock or ProtocolId.Responses => 64,
        _ => 0,
    };

    /// <summary>
    /// The id under which a client of <paramref name="ingress"/> sees the provider's <paramref name="id"/>. Only the provider's own prefix is exchanged,
    /// everything else is hashed: two different ids of one answer can then never become one.
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
        if (suffix.IsEmpty || suffix.ContainsAnyExcept(Legal) || prefix.Length + suffix.Length > MaxLength(ingress))
        {
            return Hashed(prefix, id, arena);
        }

        Span<byte> joined = stackalloc byte[64];
        prefix.CopyTo(joined);
        suffix.CopyTo(joined[prefix.Length..]);
        return arena.StoreText(joined[..(prefix.Length + suffix.Length)]);
    }

    /// <summary>The id under which <paramref name="egress"/> is told of the client's <paramref name="id"/>; the same one when it is legal there.</summary>
    public static JsonText ToProvider(ProtocolId egress, JsonText id, IrArena arena)
    {
        int limit = MaxLength(egress);
        bool isLegal = limit == 0 || (!id.IsNullOrEmpty && id.Escaped.Length <= limit && !id.Span.ContainsAnyExcept(Legal));
        return isLegal ? id : Hashed(Prefix(egress), id, arena);
    }

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

    private static JsonText Hashed(ReadOnlySpan<byte> prefix, JsonText id, IrArena arena)
    {
        Span<byte> joined = stackalloc byte[16 + HashLength];
        prefix.CopyTo(joined);
        Hash(id.Span, joined.Slice(prefix.Length, HashLength));
        return arena.StoreText(joined[..(prefix.Length + HashLength)]);
    }
}

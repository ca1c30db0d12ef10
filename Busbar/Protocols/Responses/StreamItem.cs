using Busbar.Ir;
using Busbar.Protocols.Responses.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>What a stream reader remembers of one output item, or of one content part of a message item.</summary>
internal struct StreamItem
{
    /// <summary>The item's <c>output_index</c>.</summary>
    public long Output;

    /// <summary>The part's <c>content_index</c>; -1 for the item itself.</summary>
    public long Part;

    /// <summary>Kind of block it becomes. For a message item: Text, though its parts are the blocks. Opaque for all that arrives whole.</summary>
    public BlockKind Kind;

    /// <summary>Hash of the item id; 0 when it has none.</summary>
    public int IdHash;

    /// <summary>Number of the block it opened; -1 when none.</summary>
    public int Block;

    /// <summary>Words or arguments were passed on.</summary>
    public bool HasContent;

    /// <summary>How many bytes of them.</summary>
    public int Sent;

    /// <summary>Hash (FNV-1a) of those bytes.</summary>
    public ulong Hash;

    /// <summary>Which reasoning part the last words belonged to; -1 before the first.</summary>
    public long ReasoningPart;

    /// <summary>How many annotations were passed on.</summary>
    public int Annotations;

    /// <summary>Nothing more will come of it.</summary>
    public bool IsDone;

    /// <summary>Notes that <paramref name="words"/> are passed on.</summary>
    public void Pass(JsonText words)
    {
        Hash = HashOf(words.Span, Sent == 0 ? Seed : Hash);
        Sent += words.Escaped.Length;
        HasContent = true;
    }

    /// <summary>
    /// What of <paramref name="whole"/> was not passed on; absent when that is nothing, or when what was passed on is not its beginning.
    /// </summary>
    public readonly JsonText Rest(JsonText whole)
    {
        bool goesOn = whole.Escaped.Length > Sent && (Sent == 0 || HashOf(whole.Span[..Sent], Seed) == Hash);
        return goesOn ? whole[Sent..] : default;
    }

    private const ulong Seed = 14695981039346656037;

    private static ulong HashOf(ReadOnlySpan<byte> bytes, ulong hash)
    {
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash;
    }
}

using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Busbar.Governance.Keys;

/// <summary>
/// Positions of keys by id, for as long as a start takes: a hundred thousand ids are looked up as the bytes of their rows, without a string and
/// without touching the keys.
/// </summary>
/// <param name="expected">Number of ids, at most.</param>
internal sealed class KeyIdHashTable(int expected)
{
    private const int PrefixLength = 3;
    private const int Length = 16;

    // Position + 1, so that zero is free.
    private readonly int[] _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(Length, expected * 2L))];
    private readonly Id[] _ids = new Id[expected];
    private Dictionary<string, ulong>? _others;
    private int _count;

    /// <summary>Adds the id of the next position, which is not there yet.</summary>
    public void Add(string id)
    {
        Span<byte> utf8 = stackalloc byte[PrefixLength + Length];
        Id key = id.Length == utf8.Length && Ascii.FromUtf16(id, utf8, out _) == OperationStatus.Done ? IdOf(utf8) : IdOf(Encoding.UTF8.GetBytes(id));
        _ids[_count++] = key;
        int slot = SlotOf(key);
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = _count;
    }

    /// <summary>What the id with these characters is found by. Ids that this program did not make are numbered as they come.</summary>
    public Id IdOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length == PrefixLength + Length && utf8.StartsWith("vk_"u8))
        {
            // Bounds: Length bytes are left, the size of an Id; Read throws where there are fewer.
            return MemoryMarshal.Read<Id>(utf8[PrefixLength..]);
        }

        // No UTF-8 has eight such bytes.
        ref ulong number = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _others ??= new(StringComparer.Ordinal), Encoding.UTF8.GetString(utf8), out bool exists);
        number = exists ? number : (ulong)_others.Count;
        return new Id(ulong.MaxValue, number);
    }

    /// <summary>Position of <paramref name="id"/>; -1 when there is none.</summary>
    public int Find(in Id id)
    {
        for (int slot = SlotOf(id); _slots[slot] is not 0 and var found; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_ids[found - 1] == id)
            {
                return found - 1;
            }
        }

        return -1;
    }

    private int SlotOf(in Id id) => (int)((((id.First * 0x9E3779B97F4A7C15) ^ id.Last) * 0xD6E8FEB86659FD93) >> 32) & (_slots.Length - 1);

    /// <summary>An id in two numbers, equal where ids are.</summary>
    /// <param name="First">The first eight digits; all ones for an id of another making.</param>
    /// <param name="Last">The last eight digits, or its number.</param>
    internal readonly record struct Id(ulong First, ulong Last);
}

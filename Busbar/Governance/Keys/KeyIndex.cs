namespace Busbar.Governance.Keys;

/// <summary>
/// Keys by one of their traits: a hash table of twelve bytes a slot, for a hundred thousand keys and more. Readers take no lock and always find what
/// was added before they began and not removed; writers come one at a time.
/// </summary>
/// <param name="expected">Number of keys to make room for.</param>
internal sealed class KeyIndex<TTrait, TRule>(int expected)
    where TRule : struct, IKeyRule<TTrait>
{
    private const int MinSlots = 16;
    private static readonly object s_removed = new();

    private Table _table = new(SlotsFor(expected));
    private int _used;
    private int _count;

    /// <summary>Number of traits.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>All keys, in no order.</summary>
    public IEnumerable<KeyEntry> Entries => Volatile.Read(ref _table).Slots.OfType<KeyEntry>();

    /// <summary>The key that has <paramref name="trait"/>; null when none has.</summary>
    public KeyEntry? Find(in TTrait trait)
    {
        Table table = Volatile.Read(ref _table);
        int hash = TRule.HashOf(trait);
        for (int i = hash & table.Mask; Volatile.Read(ref table.Slots[i]) is { } slot; i = (i + 1) & table.Mask)
        {
            if (table.Hashes[i] == hash && slot is KeyEntry entry && TRule.Has(entry.Key, trait))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Adds <paramref name="entry"/> under <paramref name="trait"/>. False, and nothing changed, when a key has it already.</summary>
    public bool TryAdd(in TTrait trait, KeyEntry entry)
    {
        MakeRoom();
        Table table = _table;
        int hash = TRule.HashOf(trait);
        int i = hash & table.Mask;
        for (; table.Slots[i] is { } slot; i = (i + 1) & table.Mask)
        {
            if (table.Hashes[i] == hash && slot is KeyEntry other && TRule.Has(other.Key, trait))
            {
                return false;
            }
        }

        Put(table, i, hash, entry);
        _used++;
        Volatile.Write(ref _count, _count + 1);
        return true;
    }

    /// <summary>Adds <paramref name="entry"/> under <paramref name="trait"/>, which it is not under yet.</summary>
    public void Add(in TTrait trait, KeyEntry entry)
    {
        MakeRoom();
        int hash = TRule.HashOf(trait);
        Put(_table, FreeSlot(_table, hash), hash, entry);
        _used++;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>
    /// Takes <paramref name="entry"/> out from under <paramref name="trait"/>, which it was added under and need not have any more.
    /// </summary>
    public void Remove(in TTrait trait, KeyEntry entry)
    {
        int hash = TRule.HashOf(trait);
        for (int i = hash & _table.Mask; _table.Slots[i] is { } slot; i = (i + 1) & _table.Mask)
        {
            if (_table.Hashes[i] == hash && ReferenceEquals(slot, entry))
            {
                // Not null: readers on their way to a later slot must pass. The slot is used again after the next rebuild.
                Volatile.Write(ref _table.Slots[i], s_removed);
                Volatile.Write(ref _count, _count - 1);
                return;
            }
        }
    }

    private static int SlotsFor(int count) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(MinSlots, (count + 1L) * 4 / 3));

    private static int FreeSlot(Table table, int hash)
    {
        int i = hash & table.Mask;
        while (table.Slots[i] is not null)
        {
            i = (i + 1) & table.Mask;
        }

        return i;
    }

    private static void Put(Table table, int i, int hash, object entry)
    {
        // In this order: a reader that sees the key sees its hash.
        table.Hashes[i] = hash;
        Volatile.Write(ref table.Slots[i], entry);
    }

    private void MakeRoom()
    {
        if ((_used + 1L) * 4 > _table.Slots.Length * 3L)
        {
            Rebuild();
        }
    }

    private void Rebuild()
    {
        var table = new Table(SlotsFor(_count * 2));
        for (int i = 0; i < _table.Slots.Length; i++)
        {
            if (_table.Slots[i] is KeyEntry entry)
            {
                Put(table, FreeSlot(table, _table.Hashes[i]), _table.Hashes[i], entry);
            }
        }

        _used = _count;
        Volatile.Write(ref _table, table);
    }

    private sealed class Table(int slots)
    {
        public readonly int Mask = slots - 1;
        public readonly int[] Hashes = new int[slots];
        public readonly object?[] Slots = new object?[slots];
    }
}

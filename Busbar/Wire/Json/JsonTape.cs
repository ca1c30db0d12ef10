using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Busbar.Wire.Json;

/// <summary>
/// A reusable index over one JSON document: one forward pass records where each token stands, after which any member is reached without
/// scanning the text again. It copies nothing: every text and value handed out is a slice of the parsed bytes, which must stay
/// unchanged while nodes of this tape are in use. Storage is pooled and kept between documents.
/// </summary>
internal sealed class JsonTape : IDisposable
{
    /// <summary>Deepest nesting that is accepted; deeper documents are refused before anything is built.</summary>
    public const int MaxDepth = 128;

    // The next entry is counted in what the token leaves of 32 bits.
    private const int MaxEntries = (1 << 26) - 1;
    private const int FirstEntries = 64;

    // Of a longer one the entries are counted before room is made for them, and the room is not kept.
    private const int LongDocument = 64 * 1024;
    private const int MaxKept = 64 * 1024;
    private const int MaxShared = 16 * 1024;

    [ThreadStatic]
    private static JsonTape? _shared;

    // Told apart by reference.
    private static readonly Entry[] Disposed = new Entry[0];
    private static readonly Entry[] Unrented = new Entry[0];

    private Entry[] _entries = Unrented;
    private int _count;
    private ReadOnlyMemory<byte> _json;
    private ReadOnlyMemory<byte> _expected;
    private int _expectedEntries;

    /// <summary>
    /// The calling thread's own tape, for whoever is done with its nodes before returning: a stream needs none of its own while it waits.
    /// Not to be disposed.
    /// </summary>
    public static JsonTape Shared
    {
        get
        {
            if (_shared is null || _shared._entries.Length > MaxShared)
            {
                _shared?.Dispose();
                _shared = new JsonTape();
            }

            return _shared;
        }
    }

    /// <summary>What its storage is charged to; null for nobody.</summary>
    public Allowance? Allowance { get; set; }

    /// <summary>The top-level value of the document parsed last; missing before the first.</summary>
    public JsonNode Root => _count == 0 ? default : new(this, 0);

    /// <summary>
    /// Says that <paramref name="json"/>, if it is parsed next, was read before: it is valid, and has <paramref name="entries"/> values and names. 0
    /// for a document that nobody has read.
    /// </summary>
    public void Expect(ReadOnlyMemory<byte> json, int entries) => (_expected, _expectedEntries) = (json, entries);

    /// <summary>
    /// Indexes <paramref name="json"/>. Returns false when it is not exactly one valid JSON value in UTF-8 or nests deeper than
    /// <see cref="MaxDepth"/>; the tape is then empty.
    /// </summary>
    public bool TryParse(ReadOnlyMemory<byte> json)
    {
        _count = 0;
        _json = json;
        bool isProven = _expectedEntries > 0 && json.Equals(_expected);
        if (json.Length > LongDocument)
        {
            Reserve(isProven ? _expectedEntries : UpperBound(json.Span));
        }

        Expect(default, 0);
        Span<int> open = stackalloc int[MaxDepth + 1];
        int depth = 0;
        var scanner = new JsonScanner(json.Span) { IsProven = isProven };
        while (scanner.Read())
        {
            JsonTokenType token = scanner.Token;
            if (token is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                ref Entry container = ref _entries[open[--depth]];
                container.Length = scanner.End - container.Start;
                container.Next = _count;
                continue;
            }

            if (_count == _entries.Length)
            {
                Grow();
            }

            ref Entry entry = ref _entries[_count];
            entry.Is(token, scanner.HasEscapes);
            entry.Start = scanner.Start;
            if (token is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                open[depth++] = _count;
            }
            else
            {
                // For a string or name the slice is the inside of the quotes.
                int quote = token is JsonTokenType.String or JsonTokenType.PropertyName ? 1 : 0;
                entry.Start += quote;
                entry.Length = scanner.End - quote - entry.Start;
                entry.Next = _count + 1;
            }

            _count++;
        }

        _count = scanner.IsBroken ? 0 : _count;
        return _count > 0;
    }

    /// <summary>Forgets the document, and keeps the storage unless it is large.</summary>
    public void Clear()
    {
        _count = 0;
        _json = default;
        if (_entries.Length > MaxKept)
        {
            _entries = Unrented;
        }
    }

    /// <summary>Gives the storage back. Nodes of this tape must not be used afterwards.</summary>
    public void Dispose()
    {
        Entry[] entries = Interlocked.Exchange(ref _entries, Disposed);
        Clear();
        Return(entries);
    }

    /// <summary>
    /// Index of the value of the last member called <paramref name="name"/> in the object at <paramref name="index"/>; 0 when it has none.
    /// </summary>
    internal int Find(int index, ReadOnlySpan<byte> name)
    {
        ulong positions = 0;
        return Find(index, name, ref positions);
    }

    /// <summary>The same; bit n of <paramref name="positions"/> is set where the member n of the first 64 has that name.</summary>
    internal int Find(int index, ReadOnlySpan<byte> name, ref ulong positions)
    {
        ReadOnlySpan<byte> json = _json.Span;
        ReadOnlySpan<Entry> entries = _entries;
        int found = 0;
        int end = entries[index].Next;
        ulong position = 1;
        for (int at = index + 1; at < end; at = entries[at + 1].Next, position <<= 1)
        {
            ref readonly Entry entry = ref entries[at];
            if (entry.HasEscapes
                ? new JsonText(_json.Slice(entry.Start, entry.Length)).Is(name)
                : entry.Length == name.Length && json.Slice(entry.Start, entry.Length).SequenceEqual(name))
            {
                found = at + 1;
                positions |= position;
            }
        }

        return found;
    }

    internal ref readonly Entry At(int index) => ref _entries[index];

    internal ReadOnlyMemory<byte> Slice(int start, int length) => _json.Slice(start, length);

    // No fewer than there are: what stands inside of strings is counted with the rest.
    private static long UpperBound(ReadOnlySpan<byte> json) =>
        1L + json.Count((byte)',') + json.Count((byte)':') + json.Count((byte)'[') + json.Count((byte)'{');

    private void Grow() => Reserve(Math.Max(FirstEntries, _entries.Length * 2L));

    private void Reserve(long entries)
    {
        ObjectDisposedException.ThrowIf(_entries == Disposed, this);
        if (entries <= _entries.Length)
        {
            return;
        }

        if (entries > MaxEntries)
        {
            throw new AllowanceException("JSON values");
        }

        // Bounds: a size, and no access.
        Allowance?.Take(entries * Unsafe.SizeOf<Entry>());
        Entry[] larger = entries > MaxKept ? GC.AllocateUninitializedArray<Entry>((int)entries) : ArrayPool<Entry>.Shared.Rent((int)entries);
        _entries.AsSpan(0, _count).CopyTo(larger);
        Return(_entries);
        _entries = larger;
    }

    private static void Return(Entry[] entries)
    {
        if (entries.Length is > 0 and <= MaxKept)
        {
            ArrayPool<Entry>.Shared.Return(entries);
        }
    }

    internal struct Entry
    {
        private const int TokenBits = 5;
        private const int EscapeBit = 16;

        public int Start;
        public int Length;
        private int _rest;

        /// <summary>Index of the entry after this one and everything inside it.</summary>
        public int Next
        {
            readonly get => _rest >> TokenBits;
            set => _rest = (value << TokenBits) | (_rest & ((1 << TokenBits) - 1));
        }

        public readonly JsonTokenType Token => (JsonTokenType)(_rest & (EscapeBit - 1));

        /// <summary>A name or string that is not written as it reads.</summary>
        public readonly bool HasEscapes => (_rest & EscapeBit) != 0;

        public void Is(JsonTokenType token, bool hasEscapes = false) => _rest = (int)token | (hasEscapes ? EscapeBit : 0);
    }
}

using System.Buffers.Text;
using System.Text.Json;

namespace Busbar.Wire.Json;

/// <summary>
/// One value of a <see cref="JsonTape"/>. A missing node answers every question with "absent", so that a chain such as
/// <c>root["error"]["message"].Text</c> needs no checks on the way.
/// </summary>
internal readonly struct JsonNode
{
    private readonly JsonTape? _tape;
    private readonly int _index;

    internal JsonNode(JsonTape tape, int index)
    {
        _tape = tape;
        _index = index;
    }

    /// <summary>True when the document has no value here.</summary>
    public bool IsMissing => _tape is null;

    /// <summary>True when missing or the literal <c>null</c>.</summary>
    public bool IsNull => _tape is null || Token == JsonTokenType.Null;

    /// <summary>True for an object.</summary>
    public bool IsObject => Token == JsonTokenType.StartObject;

    /// <summary>True for an array.</summary>
    public bool IsArray => Token == JsonTokenType.StartArray;

    /// <summary>True for a string.</summary>
    public bool IsString => Token == JsonTokenType.String;

    /// <summary>True for a number.</summary>
    public bool IsNumber => Token == JsonTokenType.Number;

    /// <summary>True for the literal <c>true</c>.</summary>
    public bool IsTrue => Token == JsonTokenType.True;

    /// <summary>The text of a string; absent for every other kind.</summary>
    public JsonText Text => IsString ? new(Inside) : default;

    /// <summary>The value of <c>true</c> or <c>false</c>; null for every other kind.</summary>
    public bool? Bool => Token switch { JsonTokenType.True => true, JsonTokenType.False => false, _ => null };

    /// <summary>The value of a number with an integral value in the range of <see cref="long"/> (1.0 counts); null otherwise.</summary>
    public long? Integer
    {
        get
        {
            if (!IsNumber)
            {
                return null;
            }

            ReadOnlySpan<byte> digits = Inside.Span;
            if (Utf8Parser.TryParse(digits, out long value, out int used) && used == digits.Length)
            {
                return value;
            }

            return Number is double number && double.IsInteger(number) && Math.Abs(number) < 9.2e18 ? (long)number : null;
        }
    }

    /// <summary>
    /// <see cref="Integer"/>, but a whole number beyond its range is the end of the range; null where it is no number, or not a whole one.
    /// </summary>
    public long? Saturated => Integer ?? (Number is double number && double.IsInteger(number) ? (number < 0 ? long.MinValue : long.MaxValue) : null);

    /// <summary>
    /// The value of a number as a finite IEEE double; null for every other kind and for numbers beyond its range. For arithmetic only: to forward it,
    /// copy <see cref="Raw"/>.
    /// </summary>
    public double? Number => IsNumber && Utf8Parser.TryParse(Inside.Span, out double value, out _) && double.IsFinite(value) ? value : null;

    /// <summary>The whole value as raw JSON (a string with its quotes); absent when missing.</summary>
    public JsonSlice Raw
    {
        get
        {
            if (_tape is null)
            {
                return default;
            }

            ref readonly JsonTape.Entry entry = ref _tape.At(_index);
            return entry.Token == JsonTokenType.String
                ? new(_tape.Slice(entry.Start - 1, entry.Length + 2))
                : new(_tape.Slice(entry.Start, entry.Length));
        }
    }

    /// <summary>
    /// The member called <paramref name="name"/> (last one wins, as in the providers' parsers); missing when this is no object or has none.
    /// </summary>
    public JsonNode this[ReadOnlySpan<byte> name] => IsObject && _tape!.Find(_index, name) is > 0 and var value ? new(_tape, value) : default;

    /// <summary>The same as the indexer; bit n of <paramref name="positions"/> is set where the member n of the first 64 has that name.</summary>
    public JsonNode Find(ReadOnlySpan<byte> name, ref ulong positions) =>
        IsObject && _tape!.Find(_index, name, ref positions) is > 0 and var value ? new(_tape, value) : default;

    /// <summary>The element at <paramref name="position"/>; missing when this is no array or is shorter.</summary>
    public JsonNode this[int position]
    {
        get
        {
            foreach (JsonNode item in Items)
            {
                if (position-- == 0)
                {
                    return item;
                }
            }

            return default;
        }
    }

    /// <summary>The elements of an array in order; nothing for every other kind.</summary>
    public ItemEnumerable Items => new(this);

    /// <summary>The members of an object in order; nothing for every other kind.</summary>
    public MemberEnumerable Members => new(this);

    private JsonTokenType Token => _tape is null ? JsonTokenType.None : _tape.At(_index).Token;

    private ReadOnlyMemory<byte> Inside
    {
        get
        {
            ref readonly JsonTape.Entry entry = ref _tape!.At(_index);
            return _tape.Slice(entry.Start, entry.Length);
        }
    }

    /// <summary>Enumerates array elements without allocating.</summary>
    public struct ItemEnumerable
    {
        private readonly JsonTape? _tape;
        private readonly int _end;
        private int _next;
        private int _current;

        internal ItemEnumerable(JsonNode node)
        {
            if (!node.IsArray)
            {
                return;
            }

            _tape = node._tape;
            _next = node._index + 1;
            _end = _tape!.At(node._index).Next;
        }

        /// <summary>The element reached.</summary>
        public readonly JsonNode Current => new(_tape!, _current);

        /// <summary>Itself, for <c>foreach</c>.</summary>
        public readonly ItemEnumerable GetEnumerator() => this;

        /// <summary>Steps to the next element.</summary>
        public bool MoveNext()
        {
            if (_next >= _end)
            {
                return false;
            }

            _current = _next;
            _next = _tape!.At(_current).Next;
            return true;
        }
    }

    /// <summary>Enumerates object members without allocating.</summary>
    public struct MemberEnumerable
    {
        private readonly JsonTape? _tape;
        private readonly int _end;
        private int _next;
        private int _current;

        internal MemberEnumerable(JsonNode node)
        {
            if (!node.IsObject)
            {
                return;
            }

            _tape = node._tape;
            _next = node._index + 1;
            _end = _tape!.At(node._index).Next;
        }

        /// <summary>The member reached.</summary>
        public readonly JsonMember Current => new(new JsonText(new JsonNode(_tape!, _current).Inside), new JsonNode(_tape!, _current + 1));

        /// <summary>Itself, for <c>foreach</c>.</summary>
        public readonly MemberEnumerable GetEnumerator() => this;

        /// <summary>Steps to the next member.</summary>
        public bool MoveNext()
        {
            if (_next >= _end)
            {
                return false;
            }

            _current = _next;
            _next = _tape!.At(_current + 1).Next;
            return true;
        }
    }
}

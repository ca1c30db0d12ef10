using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Json;
using System.Text.Unicode;

namespace Busbar.Wire.Json;

/// <summary>
/// Reads the tokens of a JSON document (RFC 8259) in one pass over its bytes: no comments, no trailing commas, UTF-8 alone. Strings, which are nearly
/// all of a request, are walked in blocks of 64 bytes, whatever escapes they hold. Nothing is copied or converted.
/// </summary>
/// <param name="text">The whole document.</param>
/// <param name="maxDepth">Containers within each other that are accepted, 128 at most.</param>
internal ref struct JsonScanner(ReadOnlySpan<byte> text, int maxDepth = JsonTape.MaxDepth)
{
    private const int Block = 64;
    private const ulong OddBits = 0xAAAA_AAAA_AAAA_AAAA;

    private readonly ReadOnlySpan<byte> _text = text;

    // One bit for each open container, the innermost lowest: set for an object.
    private UInt128 _objects;
    private int _open;
    private int _at;
    private Place _place;

    private enum Place : byte
    {
        Value,
        FirstValue,
        Name,
        FirstName,
        AfterValue,
    }

    /// <summary>The token that was read last.</summary>
    public JsonTokenType Token { readonly get; private set; }

    /// <summary>Containers around the token; a container is not around its own brackets.</summary>
    public int Depth { readonly get; private set; }

    /// <summary>Where the token begins, a string or name at its quote.</summary>
    public int Start { readonly get; private set; }

    /// <summary>Where the token ends, a string or name behind its quote.</summary>
    public int End { readonly get; private set; }

    /// <summary>Whether the string or name is not written as it reads.</summary>
    public bool HasEscapes { readonly get; private set; }

    /// <summary>The reading ended because containers lie too deep.</summary>
    public bool IsTooDeep { readonly get; private set; }

    /// <summary>The text is not exactly one JSON value, or <see cref="IsTooDeep"/>.</summary>
    public bool IsBroken { readonly get; private set; }

    /// <summary>Reads the next token. False at the end of the document, and when it is broken.</summary>
    public bool Read()
    {
        HasEscapes = false;
        if (!TryReach(out byte first))
        {
            return _place == Place.AfterValue && _open == 0 && Token != JsonTokenType.None ? false : Break();
        }

        if (_place == Place.AfterValue)
        {
            if (first != ',' || _open == 0)
            {
                return Close(first);
            }

            _at++;
            if (!TryReach(out first))
            {
                return Break();
            }

            _place = IsInObject ? Place.Name : Place.Value;
        }
        else if (_place is Place.FirstName or Place.FirstValue && first is (byte)'}' or (byte)']')
        {
            return Close(first);
        }

        Depth = _open;
        Start = _at;
        if (_place is Place.Value or Place.FirstValue)
        {
            return ReadValue(first);
        }

        if (first != '"' || !TryReadString(JsonTokenType.PropertyName) || !TryReach(out byte colon) || colon != ':')
        {
            return Break();
        }

        _at++;
        _place = Place.Value;
        return true;
    }

    private readonly bool IsInObject => (_objects & 1) != 0;

    private bool ReadValue(byte first)
    {
        _place = Place.AfterValue;
        switch (first)
        {
            case (byte)'"':
                return TryReadString(JsonTokenType.String) || Break();
            case (byte)'{' or (byte)'[':
                return Open(first == '{');
            case (byte)'t':
                return TryReadLiteral("true"u8, JsonTokenType.True);
            case (byte)'f':
                return TryReadLiteral("false"u8, JsonTokenType.False);
            case (byte)'n':
                return TryReadLiteral("null"u8, JsonTokenType.Null);
            default:
                return TryReadNumber() || Break();
        }
    }

    private bool Open(bool isObject)
    {
        if (_open == maxDepth)
        {
            IsTooDeep = true;
            return Break();
        }

        _objects = (_objects << 1) | (isObject ? 1u : 0);
        _open++;
        End = ++_at;
        Token = isObject ? JsonTokenType.StartObject : JsonTokenType.StartArray;
        _place = isObject ? Place.FirstName : Place.FirstValue;
        return true;
    }

    private bool Close(byte bracket)
    {
        if (_open == 0 || bracket != (IsInObject ? '}' : ']'))
        {
            return Break();
        }

        Token = IsInObject ? JsonTokenType.EndObject : JsonTokenType.EndArray;
        _objects >>= 1;
        Depth = --_open;
        Start = _at;
        End = ++_at;
        _place = Place.AfterValue;
        return true;
    }

    private bool TryReadLiteral(ReadOnlySpan<byte> literal, JsonTokenType token)
    {
        if (!_text[_at..].StartsWith(literal))
        {
            return Break();
        }

        _at += literal.Length;
        End = _at;
        Token = token;
        return true;
    }

    private bool TryReadNumber()
    {
        int at = _at;
        at += _text[at] == '-' ? 1 : 0;
        int digits = at;
        at = Digits(at);
        if (at == digits || (at > digits + 1 && _text[digits] == '0'))
        {
            return false;
        }

        if (at < _text.Length && _text[at] == '.')
        {
            digits = at + 1;
            at = Digits(digits);
            if (at == digits)
            {
                return false;
            }
        }

        if (at < _text.Length && (_text[at] | 0x20) == 'e')
        {
            at++;
            at += at < _text.Length && _text[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            digits = at;
            at = Digits(digits);
            if (at == digits)
            {
                return false;
            }
        }

        _at = End = at;
        Token = JsonTokenType.Number;
        return true;
    }

    private readonly int Digits(int at)
    {
        while (at < _text.Length && char.IsAsciiDigit((char)_text[at]))
        {
            at++;
        }

        return at;
    }

    private bool Break()
    {
        IsBroken = true;
        return false;
    }

    // Goes to the next byte that is no white space.
    private bool TryReach(out byte value)
    {
        int at = _at;
        while (at < _text.Length)
        {
            value = _text[at];
            if (value is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                _at = at;
                return true;
            }

            // Of indented text, lines are worth more than single steps.
            at = at - _at < 4 ? at + 1 : at + Blank(_text[at..]);
        }

        _at = at;
        value = 0;
        return false;
    }

    private static int Blank(ReadOnlySpan<byte> text)
    {
        int length = text.IndexOfAnyExcept(" \n\r\t"u8);
        return length < 0 ? text.Length : length;
    }

    private bool TryReadString(JsonTokenType token)
    {
        int from = _at + 1;
        int at = from;
        var state = default(StringState);
        while (true)
        {
            if (!(_text.Length - at >= Block ? TryPass(at, _text[at..], ref state, out int passed) : TryPassLast(at, ref state, out passed)))
            {
                return false;
            }

            at += passed;
            if (passed < Block)
            {
                break;
            }
        }

        if (state.Seen.ExtractMostSignificantBits() != 0 && !Utf8.IsValid(_text[from..at]))
        {
            return false;
        }

        HasEscapes = state.HasEscapes;
        Token = token;
        _at = End = at + 1;
        return true;
    }

    // The rest of the text, with zeros behind it: no string goes on there.
    private readonly bool TryPassLast(int at, ref StringState state, out int passed)
    {
        Span<byte> padded = stackalloc byte[Block];
        padded.Clear();
        _text[at..].CopyTo(padded);
        return TryPass(at, padded, ref state, out passed);
    }

    // Walks the block of a string that begins at a place of the text. Less than a block is passed when its quote is there. One bit for each byte.
    private readonly bool TryPass(int at, ReadOnlySpan<byte> block, ref StringState state, out int passed)
    {
        block = block[..Block];
        var first = Vector128.Create(block);
        var second = Vector128.Create(block[16..]);
        var third = Vector128.Create(block[32..]);
        var fourth = Vector128.Create(block[48..]);
        state.Seen |= first | second | third | fourth;
        ulong quotes = Equal(first, second, third, fourth, (byte)'"');
        ulong slashes = Equal(first, second, third, fourth, (byte)'\\');
        var highest = Vector128.Create((byte)0x1F);
        ulong controls = Bits(
            Vector128.Equals(Vector128.Min(first, highest), first),
            Vector128.Equals(Vector128.Min(second, highest), second),
            Vector128.Equals(Vector128.Min(third, highest), third),
            Vector128.Equals(Vector128.Min(fourth, highest), fourth));
        if ((slashes | state.Carried) == 0)
        {
            passed = BitOperations.TrailingZeroCount(quotes);
            return (controls & Below(quotes)) == 0;
        }

        // Of a run of backslashes every second one is escaped, and so is what follows an odd run: the carry of a subtraction finds the ends of all
        // runs.
        ulong candidates = slashes & ~state.Carried;
        ulong ends = (((candidates << 1) | OddBits) - candidates) ^ OddBits;
        ulong escaped = ends ^ (slashes | state.Carried);
        state.Carried = (ends & slashes) >> 63;
        ulong closing = quotes & ~escaped;
        ulong inside = Below(closing);
        passed = BitOperations.TrailingZeroCount(closing);
        state.HasEscapes |= (slashes & inside) != 0;
        ulong unicode = Equal(first, second, third, fourth, (byte)'u');
        ulong legal = quotes | slashes | unicode | Equal(first, second, third, fourth, (byte)'n')
            | Equal(first, second, third, fourth, (byte)'t') | Equal(first, second, third, fourth, (byte)'r') | Equal(
                first, second, third, fourth, (byte)'/')
            | Equal(first, second, third, fourth, (byte)'b') | Equal(first, second, third, fourth, (byte)'f');
        escaped &= inside;
        if (((controls & inside) | (escaped & ~legal)) != 0)
        {
            return false;
        }

        for (unicode &= escaped; unicode != 0; unicode &= unicode - 1)
        {
            int digits = at + BitOperations.TrailingZeroCount(unicode) + 1;
            if (_text.Length - digits < 4 || !IsHex(_text.Slice(digits, 4)))
            {
                return false;
            }
        }

        return true;
    }

    // The bits below the lowest one that is set: all when none is.
    private static ulong Below(ulong bits) => (bits & (0 - bits)) - 1;

    private static bool IsHex(ReadOnlySpan<byte> digits) =>
        char.IsAsciiHexDigit((char)digits[0]) && char.IsAsciiHexDigit((char)digits[1]) && char.IsAsciiHexDigit((char)digits[2])
            && char.IsAsciiHexDigit((char)digits[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Equal(Vector128<byte> first, Vector128<byte> second, Vector128<byte> third, Vector128<byte> fourth, byte value)
    {
        var wanted = Vector128.Create(value);
        return Bits(Vector128.Equals(first, wanted), Vector128.Equals(second, wanted), Vector128.Equals(third, wanted),
            Vector128.Equals(fourth, wanted));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector128<byte> first, Vector128<byte> second, Vector128<byte> third, Vector128<byte> fourth) =>
        first.ExtractMostSignificantBits() | ((ulong)second.ExtractMostSignificantBits() << 16)
        | ((ulong)third.ExtractMostSignificantBits() << 32) | ((ulong)fourth.ExtractMostSignificantBits() << 48);

    private struct StringState
    {
        /// <summary>All bytes so far, or'ed.</summary>
        public Vector128<byte> Seen;

        /// <summary>1 when the next byte is escaped.</summary>
        public ulong Carried;

        public bool HasEscapes;
    }
}

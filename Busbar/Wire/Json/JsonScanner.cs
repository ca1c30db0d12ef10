using System.Buffers.Binary;
using System.Numerics;
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
    private const ulong OddBits = 0xAAAA_AAAA_AAAA_AAAA;
    private const byte NoEscape = 0;
    private const byte SimpleEscape = 1;

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

    /// <summary>
    /// The document was read to its end before and is not broken: strings are taken as they are. A broken one may then be taken for a whole one, and
    /// nothing worse.
    /// </summary>
    public bool IsProven { private readonly get; init; }

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

    // What a byte means behind a backslash (RFC 8259, section 7); 2 stands for a u, which digits follow.
    private static ReadOnlySpan<byte> Escapes =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
        0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

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
        ulong carried = 0;
        ulong seen = 0;
        bool hasEscapes = false;
        Span<byte> padded = stackalloc byte[JsonBlock.Length];
        while (true)
        {
            // Behind the last bytes of the text stand zeros: no string goes on there.
            scoped ReadOnlySpan<byte> bytes = _text[at..];
            if (bytes.Length < JsonBlock.Length)
            {
                padded.Clear();
                bytes.CopyTo(padded);
                bytes = padded;
            }

            JsonBlock.Marks marks = JsonBlock.Of(bytes);
            seen |= marks.NonAscii;
            ulong closing = marks.Quotes;
            if ((marks.Slashes | carried) != 0)
            {
                // Of a run of backslashes every second one is escaped, and so is what follows an odd run: the carry of a subtraction finds the ends
                // of all runs.
                ulong candidates = marks.Slashes & ~carried;
                ulong ends = (((candidates << 1) | OddBits) - candidates) ^ OddBits;
                ulong escaped = ends ^ (marks.Slashes | carried);
                carried = (ends & marks.Slashes) >> 63;
                closing &= ~escaped;
                ulong inside = Below(closing);
                hasEscapes |= (marks.Slashes & inside) != 0;
                escaped &= inside;
                if (escaped != 0 && !IsProven && !AreLegal(bytes, at, escaped))
                {
                    return false;
                }
            }

            if ((marks.Controls & Below(closing)) != 0)
            {
                return false;
            }

            if (closing != 0)
            {
                at += BitOperations.TrailingZeroCount(closing);
                break;
            }

            at += JsonBlock.Length;
        }

        // Bytes behind the quote may have been seen too: then this looks once more, for nothing.
        if (seen != 0 && !IsProven && !Utf8.IsValid(_text[from..at]))
        {
            return false;
        }

        HasEscapes = hasEscapes;
        Token = token;
        _at = End = at + 1;
        return true;
    }

    // Whether the bytes of a block that are escaped are those of the grammar, and hexadecimal digits follow where they should.
    private readonly bool AreLegal(scoped ReadOnlySpan<byte> block, int at, ulong escaped)
    {
        for (; escaped != 0; escaped &= escaped - 1)
        {
            int place = BitOperations.TrailingZeroCount(escaped);
            byte kind = Escapes[block[place]];
            if (kind == SimpleEscape)
            {
                continue;
            }

            int digits = at + place + 1;
            if (kind == NoEscape || _text.Length - digits < 4 || !AreHex(BinaryPrimitives.ReadUInt32LittleEndian(_text[digits..])))
            {
                return false;
            }
        }

        return true;
    }

    // The bits below the lowest one that is set: all when none is.
    private static ulong Below(ulong bits) => (bits & (0 - bits)) - 1;

    // Four bytes at once. What is added carries into the highest bit of a byte from its lower bound on, for bytes of ASCII.
    private static bool AreHex(uint bytes)
    {
        const uint Each = 0x0101_0101;
        const uint High = 0x80 * Each;
        uint letters = bytes | (0x20 * Each);
        uint digits = (bytes + ((0x80 - '0') * Each)) & ~(bytes + ((0x80 - '9' - 1) * Each));
        uint words = (letters + ((0x80 - 'a') * Each)) & ~(letters + ((0x80 - 'f' - 1) * Each));
        return (bytes & High) == 0 && ((digits | words) & High) == High;
    }
}

using System.Buffers;

namespace Busbar.Wire.Json;

/// <summary>
/// Steps through the members of a document's top-level object at the speed of memory, without a look at what lies within their values: for what a
/// body that is passed on unread says at its top. Nothing is validated. Of a text that breaks off, or is no JSON, those members are found that are
/// whole before it goes wrong.
/// </summary>
/// <param name="text">The document.</param>
internal ref struct TopLevelMembers(ReadOnlyMemory<byte> text)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(",}] \t\r\n"u8);

    private readonly ReadOnlyMemory<byte> _text = text;
    private readonly ReadOnlySpan<byte> _bytes = text.Span;
    private int _at = -1;

    /// <summary>The name of the member read last.</summary>
    public JsonText Name { get; private set; }

    /// <summary>The value of the member read last, from its first byte to its last.</summary>
    public ReadOnlyMemory<byte> Value { get; private set; }

    /// <summary>Reads the next member. False when there is none that is whole.</summary>
    public bool Read()
    {
        if (!TryStep(_at < 0 ? (byte)'{' : (byte)',') || !IsAt('"'))
        {
            return false;
        }

        int name = _at + 1;
        if (!TryPassString())
        {
            return false;
        }

        Name = new JsonText(_text[name..(_at - 1)]);
        if (!TryStep((byte)':'))
        {
            return false;
        }

        int value = _at;
        if (!TryPassValue())
        {
            return false;
        }

        Value = _text[value.._at];
        return true;
    }

    private readonly bool IsAt(char wanted) => _at < _bytes.Length && _bytes[_at] == wanted;

    // Over one sign, and the white space on both its sides.
    private bool TryStep(byte sign)
    {
        _at = Math.Max(_at, 0);
        PassBlank();
        if (!IsAt((char)sign))
        {
            return false;
        }

        _at++;
        PassBlank();
        return true;
    }

    private void PassBlank()
    {
        while (_at < _bytes.Length && _bytes[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }
    }

    // From a quote to behind the one that closes it.
    private bool TryPassString()
    {
        _at++;
        while (true)
        {
            int next = _bytes[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                return false;
            }

            _at += next + 1;
            if (_bytes[_at - 1] == '"')
            {
                return true;
            }

            if (_at == _bytes.Length)
            {
                return false;
            }

            _at++;
        }
    }

    private bool TryPassValue()
    {
        if (IsAt('"'))
        {
            return TryPassString();
        }

        if (!IsAt('{') && !IsAt('['))
        {
            int length = _bytes[_at..].IndexOfAny(ScalarEnd);
            _at += Math.Max(length, 0);
            return length > 0;
        }

        int open = 0;
        while (true)
        {
            int next = _bytes[_at..].IndexOfAny(Structure);
            if (next < 0)
            {
                return false;
            }

            _at += next;
            switch (_bytes[_at])
            {
                case (byte)'"':
                    if (!TryPassString())
                    {
                        return false;
                    }

                    break;
                case (byte)'{' or (byte)'[':
                    open++;
                    _at++;
                    break;
                default:
                    open--;
                    _at++;
                    if (open == 0)
                    {
                        return true;
                    }

                    break;
            }
        }
    }
}

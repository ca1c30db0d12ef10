using System.Buffers;
using System.Buffers.Text;

namespace Busbar.Protocols.Translation.Response;

/// <summary>
/// Follows the arguments of a streamed tool call through their fragments (escaped JSON text, cut anywhere between escapes) and tells when they form
/// one complete object, array or string. Numbers and literals never count as complete: more digits may follow.
/// </summary>
internal struct JsonProgress
{
    private static readonly SearchValues<byte> Structural = SearchValues.Create("\\{}[]"u8);

    private int _depth;
    private bool _inString;
    private bool _afterBackslash;

    /// <summary>Everything read so far is one complete value.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes note of the next fragment.</summary>
    public void Read(ReadOnlySpan<byte> escaped)
    {
        while (true)
        {
            int next = escaped.IndexOfAny(Structural);
            if (next != 0 && !escaped.IsEmpty)
            {
                // Characters in between have no structure; they only end a pending escape.
                _afterBackslash = false;
            }

            if (next < 0)
            {
                return;
            }

            byte value = escaped[next];
            escaped = escaped[(next + 1)..];
            if (value == (byte)'\\')
            {
                value = Unescape(ref escaped);
            }

            Take(value);
        }
    }

    private static byte Unescape(ref ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return 0;
        }

        byte kind = rest[0];
        rest = rest[1..];
        if (kind != (byte)'u')
        {
            return kind is (byte)'"' or (byte)'\\' ? kind : (byte)0;
        }

        if (rest.Length < 4 || !Utf8Parser.TryParse(rest[..4], out ushort code, out int used, 'x') || used != 4)
        {
            return 0;
        }

        rest = rest[4..];
        return code < 0x80 ? (byte)code : (byte)0;
    }

    private void Take(byte value)
    {
        if (_inString)
        {
            if (_afterBackslash)
            {
                _afterBackslash = false;
            }
            else if (value == (byte)'\\')
            {
                _afterBackslash = true;
            }
            else if (value == (byte)'"')
            {
                _inString = false;
                IsComplete |= _depth == 0;
            }

            return;
        }

        switch (value)
        {
            case (byte)'"':
                _inString = true;
                break;
            case (byte)'{' or (byte)'[':
                _depth++;
                break;
            case (byte)'}' or (byte)']':
                IsComplete |= --_depth == 0;
                break;
        }
    }
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Busbar.Upstream.Http1;

/// <summary>Reads the head of an HTTP/1.1 answer (RFC 9112, 4 and 5).</summary>
internal static class HeadParser
{
    /// <summary>
    /// Length of the head at the start of <paramref name="bytes"/>, its empty line included; 0 when it is not all there. Bare line feeds are taken
    /// for line ends, as clients do.
    /// </summary>
    /// <param name="bytes">What has arrived.</param>
    /// <param name="from">Bytes at the start that are known to hold no end.</param>
    public static int FindEnd(ReadOnlySpan<byte> bytes, int from)
    {
        int at = Math.Max(0, from - 3);
        while (bytes[at..].IndexOf((byte)'\n') is >= 0 and int next)
        {
            at += next + 1;
            ReadOnlySpan<byte> rest = bytes[at..];
            if (rest.StartsWith("\n"u8))
            {
                return at + 1;
            }

            if (rest.StartsWith("\r\n"u8))
            {
                return at + 2;
            }
        }

        return 0;
    }

    /// <summary>Reads a whole head. Null when it is none.</summary>
    public static Http1Head? Parse(ReadOnlySpan<byte> head)
    {
        int lineEnd = head.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = head[..lineEnd].TrimEnd((byte)'\r');
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[8] != ' ' || (line.Length > 12 && line[12] != ' ')
            || !Utf8Parser.TryParse(line[9..12], out int status, out int digits) || digits != 3 || status < 100)
        {
            return null;
        }

        bool isOld = line[7] == '0';
        string text = Encoding.Latin1.GetString(head[(lineEnd + 1)..^(head.EndsWith("\r\n"u8) ? 2 : 1)]);
        ResponseHead? lines = ResponseHead.Parse(text) ?? ResponseHead.Parse(Unfold(text));
        return lines is not null ? new Http1Head(status, isOld, lines) : null;
    }

    /// <summary>How the body of an answer with this head is framed. False where that cannot be known for sure.</summary>
    /// <param name="head">The head.</param>
    /// <param name="framing">The framing.</param>
    /// <param name="closes">Whether the connection ends with the answer.</param>
    public static bool TryFrame(Http1Head head, out BodyFraming framing, out bool closes)
    {
        bool hasConnection = head.Lines.TryGet("Connection", out ReadOnlySpan<char> connection);
        closes = hasConnection ? HasToken(connection, "close") || (head.IsOld && !HasToken(connection, "keep-alive")) : head.IsOld;
        if (head.Status is 204 or 304)
        {
            // Servers that send a body all the same would give the next call the answer to this one.
            closes = true;
            framing = BodyFraming.OfLength(0);
            return true;
        }

        bool hasLength = head.Lines.TryGet("Content-Length", out ReadOnlySpan<char> length);
        if (head.Lines.TryGet("Transfer-Encoding", out ReadOnlySpan<char> coding))
        {
            // Both is what smuggling looks like: the chunks count, and the connection is not used again (RFC 9112, 6.3).
            closes |= hasLength;
            framing = BodyFraming.Chunked();
            return coding.Equals("chunked", StringComparison.OrdinalIgnoreCase);
        }

        if (!hasLength)
        {
            closes = true;
            framing = BodyFraming.UntilClose();
            return true;
        }

        bool isKnown = TryReadLength(length, out long count);
        framing = BodyFraming.OfLength(count);
        return isKnown;
    }

    // The same length several times is one length.
    private static bool TryReadLength(ReadOnlySpan<char> value, out long length)
    {
        length = -1;
        foreach (Range part in value.Split(','))
        {
            if (!long.TryParse(value[part].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long one) || (length >= 0 && one != length))
            {
                length = 0;
                return false;
            }

            length = one;
        }

        return true;
    }

    private static bool HasToken(ReadOnlySpan<char> list, string token)
    {
        foreach (Range part in list.Split(','))
        {
            if (list[part].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // A line that begins with white space goes on where the last one ended (RFC 9112, 5.2).
    private static string Unfold(string lines) =>
        lines.Replace("\r\n", "\n").Replace("\n ", " ").Replace("\n\t", " ");
}

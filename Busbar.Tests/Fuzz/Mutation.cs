using System.Text;

namespace Busbar.Tests.Fuzz;

/// <summary>Bends what was well meant: what parsers stumble over, put where it was not expected. The same chance gives the same bytes.</summary>
internal static class Mutation
{
    private const int MaxAtOnce = 5;
    private const int LongestPiece = 64;
    private const int LongestResult = 64 * 1024;

    // What the parsers of this product look for, and what others were broken by.
    private static readonly byte[][] Words = [.. new[]
    {
        "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\\"", "{", "}", "[", "]", ",", ":", "null", "true", "false", "{}", "[]",
        "\"\"", "0", "-1", "1e999", "-0", "0.5",
        "65536.0", "9223372036854775807", "18446744073709551616", "NaN", "\r\n", "\n\n", "\r\n\r\n", "data: ", "event: error\n", "data: [DONE]\n\n",
        ":\n\n", "\u0000", "\u00ff", "\u00c3\u0028",
        "\u00ef\u00bb\u00bf", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "chunked", "0\r\n\r\n", "ffffffffffffffff\r\n", "-5\r\n",
        "HTTP/1.1 204\r\n", "HTTP/1.1 100\r\n\r\n", " ", "\t",
        "\"model\":\"x\",", "\"type\":\"text\"", "\"type\":null", "\"tool_use\"", "\"role\":\"tool\"", "\"content\":[[]]", "\"content\":{}",
        "\"id\":1", "\"$ref\":\"#\"", "\"index\":-1", "\"index\":1000000000",
        "&a [*a]", "<<: *a", "!!binary x", "${X}", "${", "%", "%zz", "%2f", "../", "'", "#", "- ", "? ", "|\n", ">-\n",
    }.Select(static word => Encoding.Latin1.GetBytes(word))];

    /// <summary><paramref name="seed"/>, changed in a few places; <paramref name="other"/> lends pieces.</summary>
    public static byte[] Of(Random random, ReadOnlySpan<byte> seed, ReadOnlySpan<byte> other)
    {
        List<byte> bytes = [.. seed];
        for (int change = random.Next(1, MaxAtOnce); change > 0; change--)
        {
            int at = random.Next(bytes.Count + 1);
            int length = Math.Min(random.Next(LongestPiece), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.InsertRange(at, Words[random.Next(Words.Length)]);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4 when other.Length > 0:
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other.Slice(from, Math.Min(random.Next(LongestPiece), other.Length - from)));
                    break;
                case 5:
                    byte[] word = Words[random.Next(Words.Length)];
                    bytes.RemoveRange(at, Math.Min(word.Length, bytes.Count - at));
                    bytes.InsertRange(at, word);
                    break;
                case 6 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    Swap(random, bytes);
                    break;
            }
        }

        return [.. bytes.Take(LongestResult)];
    }

    // Puts the value of one member in the place of another's, which keeps a document valid more often than not.
    private static void Swap(Random random, List<byte> bytes)
    {
        int[] colons = [.. Enumerable.Range(0, bytes.Count).Where(at => bytes[at] == (byte)':')];
        if (colons.Length < 2)
        {
            return;
        }

        int one = colons[random.Next(colons.Length)] + 1, two = colons[random.Next(colons.Length)] + 1;
        List<byte> value = bytes.GetRange(one, End(bytes, one) - one);
        bytes.RemoveRange(two, End(bytes, two) - two);
        bytes.InsertRange(two, value);
    }

    private static int End(List<byte> bytes, int at)
    {
        int depth = 0;
        bool isText = false;
        for (; at < bytes.Count; at++)
        {
            byte one = bytes[at];
            if (isText)
            {
                at += one == (byte)'\\' ? 1 : 0;
                isText = one != (byte)'"';
            }
            else if (one == (byte)'"')
            {
                isText = true;
            }
            else if (one is (byte)'{' or (byte)'[')
            {
                depth++;
            }
            else if (depth == 0 && one is (byte)',' or (byte)'}' or (byte)']' or (byte)'\n')
            {
                break;
            }
            else if (one is (byte)'}' or (byte)']')
            {
                depth--;
            }
        }

        return Math.Min(at, bytes.Count);
    }
}

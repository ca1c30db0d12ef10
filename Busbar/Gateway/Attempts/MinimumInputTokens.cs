using System.Buffers;
using Busbar.Reliability;
using Busbar.Wire;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// How many input tokens a chat request surely is, at least, told from its bytes alone. Only text that every protocol gives to its model counts, at
/// twice the length that vendors' tokens have on average, and a run of one character as a single one.
/// </summary>
internal static class MinimumInputTokens
{
    private const int BytesPerToken = 8;

    private static readonly SearchValues<byte> Stops = SearchValues.Create("\"\\"u8);

    /// <summary>
    /// The largest context, in tokens, that is surely too small for <paramref name="body"/> among those of <paramref name="pool"/>; 0 for none.
    /// </summary>
    public static long Outgrown(Pool pool, ReadOnlySpan<byte> body)
    {
        // Nearly every request is too short to be worth a look.
        return body.Length / BytesPerToken > pool.SmallestContext ? Math.Max(0, LowerBound(body, pool.LargestContext!.Value + 1) - 1) : 0;
    }

    /// <summary>The bound for <paramref name="body"/>, a JSON text, counted no further than to <paramref name="enough"/>.</summary>
    public static long LowerBound(ReadOnlySpan<byte> body, long enough)
    {
        if (MayBeShortened(body))
        {
            return 0;
        }

        long bytes = 0;
        bool counts = false;
        ReadOnlySpan<byte> rest = body;
        int quote;
        while ((quote = rest.IndexOf((byte)'"')) >= 0 && bytes / BytesPerToken < enough)
        {
            rest = rest[(quote + 1)..];
            int end = EndOf(rest);
            ReadOnlySpan<byte> text = rest[..end];
            rest = rest[Math.Min(end + 1, rest.Length)..];
            if (rest.TrimStart(" \t\r\n"u8).StartsWith(":"u8))
            {
                counts = IsGiven(text);
            }
            else if (counts)
            {
                bytes += Weigh(text);
            }
        }

        return Math.Min(enough, bytes / BytesPerToken);
    }

    // What the vendor cuts by itself is not too long for it.
    private static bool MayBeShortened(ReadOnlySpan<byte> body) =>
        body.IndexOf("\"context_management\""u8) >= 0 || (body.IndexOf("\"truncation\""u8) >= 0 && body.IndexOf("\"auto\""u8) >= 0);

    private static bool IsGiven(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("text"u8) || name.SequenceEqual("content"u8) || name.SequenceEqual("input"u8)
        || name.SequenceEqual("system"u8) || name.SequenceEqual("instructions"u8);

    private static int EndOf(ReadOnlySpan<byte> rest)
    {
        int at = 0;
        while (true)
        {
            int stop = rest[at..].IndexOfAny(Stops);
            if (stop < 0)
            {
                return rest.Length;
            }

            at += stop;
            if (rest[at] == (byte)'"')
            {
                return at;
            }

            at = Math.Min(at + 2, rest.Length);
        }
    }

    // An escape counts as one byte, so that a text is no longer for being spelt out.
    private static long Weigh(ReadOnlySpan<byte> text)
    {
        long bytes = 0;
        byte last = 0;
        for (int at = 0; at < text.Length; at++)
        {
            byte next = text[at];
            if (next == (byte)'\\' && at + 1 < text.Length)
            {
                next = text[++at];
                at += next == (byte)'u' ? 4 : 0;
            }

            bytes += next == last ? 0 : 1;
            last = next;
        }

        return bytes;
    }
}
